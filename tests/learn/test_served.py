"""A router file in the server's service: found, read, and matched with the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from muxer.core import tokens
from muxer.core.features import Features, extract
from muxer.core.quality import PRICE_AND_CLASS, ROUTER_FILE
from muxer.core.route import decide
from muxer.learn import router_file
from muxer.learn.fit import Fit
from muxer.learn.served import RouterUnusable, load, names_by_model
from muxer.types.catalog import Catalog

from tests.core.builders import ask, catalog, model, view
from tests.learn.traffic import CHEAP, DEAR

CATALOG = catalog(
    model("alpha:cheap"), model("beta:vendor/cheap"), model("beta:dear"), model("gamma:dear"), model("gamma:else")
)
SUM = "Integrate rain and snow over x from 0 to 7"
CHATTER = "Tell me about rain and snow"


def read(text: str) -> Features:
    return extract(ask(text), tokens.count)


@pytest.fixture
def router(fitted: Fit, tmp_path: Path) -> Path:
    """A router file about `cheap` and `dear`."""
    router_file.save(fitted.model, tmp_path / "my.router")
    return tmp_path / "my.router"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("dear",), {"beta:dear": "dear", "gamma:dear": "dear"}),
        (("gamma:dear",), {"gamma:dear": "gamma:dear"}),
        (("gamma:dear", "dear"), {"beta:dear": "dear", "gamma:dear": "gamma:dear"}),
        (("dear", "gamma:dear"), {"beta:dear": "dear", "gamma:dear": "gamma:dear"}),
        (("cheap",), {"alpha:cheap": "cheap"}),
        (("vendor/cheap",), {"beta:vendor/cheap": "vendor/cheap"}),
        (("nobody", "auto", ""), {}),
    ],
)
def test_models_go_by_their_id_else_by_the_name_that_a_caller_could_use(
    names: tuple[str, ...], found: Mapping[str, str]
) -> None:
    assert names_by_model(names, CATALOG) == found


def test_quality_is_what_the_file_says_by_id_and_only_of_models_that_it_knows(router: Path, fitted: Fit) -> None:
    served = load(router, CATALOG)
    said = fitted.model.quality(read(SUM))

    assert served.models == ("alpha:cheap", "beta:dear", "gamma:dear")
    assert served.strangers == ()
    assert served.quality(read(SUM)) == {
        "alpha:cheap": said[CHEAP],
        "beta:dear": said[DEAR],
        "gamma:dear": said[DEAR],
    }


def test_models_of_the_file_that_have_no_price_are_named(router: Path) -> None:
    assert load(router, Catalog(models={}, version="none")).strangers == (CHEAP, DEAR)


def test_decisions_follow_the_file_and_name_it_as_the_source(router: Path) -> None:
    world = view(model("p:cheap", 0.1), model("p:dear", 20.0), model("p:else", 20.0))
    taught = replace(world, quality=load(router, world.catalog).quality)
    asked = [ask(text, denied=["p:else"]) for text in (SUM, CHATTER)]
    chosen = [decide(request, taught).selected.model.id for request in asked]
    candidates = {c.model.id: c for c in decide(ask(SUM), taught).candidates}

    assert chosen == ["p:dear", "p:cheap"]
    assert candidates["p:dear"].ability_source == candidates["p:cheap"].ability_source == ROUTER_FILE
    assert candidates["p:else"].ability_source == PRICE_AND_CLASS
    assert candidates["p:dear"].quality == taught.quality(read(SUM))["p:dear"]  # type: ignore[misc]  # it is there


def test_a_file_that_is_not_there_or_not_a_router_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk")

    with pytest.raises(RouterUnusable, match=re.escape(f"{tmp_path / 'none'} cannot be read: No such file")):
        load(tmp_path / "none", CATALOG)
    with pytest.raises(RouterUnusable, match=re.escape(f"{tmp_path / 'junk'}: this is not a router file")):
        load(tmp_path / "junk", CATALOG)


def test_what_is_hard_for_the_models_of_the_file_is_taken_to_be_hard_for_others(router: Path) -> None:
    world = view(model("p:cheap", 0.1), model("p:else", 0.1))
    taught = replace(world, quality=load(router, world.catalog).quality)
    before, after = ({c.model.id: c.quality for c in decide(ask(SUM), w).candidates} for w in (world, taught))

    assert after["p:cheap"] < after["p:else"] < before["p:else"]
