"""The router file gives back what was saved, and refuses what is damaged, foreign or contradicts itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from muxer.learn.fit import Fit
from muxer.learn.router_file import CHECKSUM_BYTES, MAGIC, RouterFileInvalid, load, parse, save

PROMPT = "Solve tea and gold * x^2 = 12 for x"


def saved(fitted: Fit, folder: Path) -> bytes:
    save(fitted.model, folder / "a.router")
    return (folder / "a.router").read_bytes()


def sealed(data: bytes) -> bytes:
    """The data with a right checksum: what someone could have made on purpose."""
    return data[:-32] + hashlib.sha256(data[:-32]).digest()


def test_a_loaded_model_predicts_as_the_saved_one(fitted: Fit, tmp_path: Path) -> None:
    size = save(fitted.model, tmp_path / "a.router")

    assert load(tmp_path / "a.router").predict(PROMPT) == pytest.approx(fitted.model.predict(PROMPT))
    assert size == (tmp_path / "a.router").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["a.router"]


def test_no_word_of_the_prompts_is_in_the_file(fitted: Fit, tmp_path: Path) -> None:
    data = saved(fitted, tmp_path)
    assert not any(word in data for word in (b"Integrate", b"integrate", b"clouds"))


def test_a_flipped_bit_is_noticed(fitted: Fit, tmp_path: Path) -> None:
    data = bytearray(saved(fitted, tmp_path))
    data[len(data) // 2] ^= 1
    with pytest.raises(RouterFileInvalid, match="checksum"):
        parse(bytes(data))


def test_a_cut_file_is_noticed(fitted: Fit, tmp_path: Path) -> None:
    with pytest.raises(RouterFileInvalid, match="checksum"):
        parse(saved(fitted, tmp_path)[:-100])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (b'"version":3', b'"version":1', "another version"),
        (b'"chars"', b'"chair"', "another version"),
        (b'"models":["cheap"', b'"models":["cheap","a"', "header is not valid"),
        (b'"mean":[', b'"mean":"', "header is not valid"),
        (b'"own":', b'"axe":', "header is not valid"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    fitted: Fit, tmp_path: Path, before: bytes, after: bytes, told: str
) -> None:
    data = saved(fitted, tmp_path)
    assert before in data
    with pytest.raises(RouterFileInvalid, match=told):
        parse(sealed(data.replace(before, after, 1)))


def test_shapes_that_do_not_fit_together_are_refused(fitted: Fit, tmp_path: Path) -> None:
    data = saved(fitted, tmp_path)
    with pytest.raises(RouterFileInvalid, match="contradicts itself"):
        parse(sealed(data.replace(b'"cheap","dear"]', b'"cheap-dear"]  ', 1)))


def test_a_model_of_a_crowd_that_is_not_there_is_refused(fitted: Fit, tmp_path: Path) -> None:
    data = saved(fitted, tmp_path)
    limits = fitted.model.limits
    end = len(data) - CHECKSUM_BYTES - 4 * (limits.near.size + limits.far.size)
    with pytest.raises(RouterFileInvalid, match="crowd that is not there"):
        parse(sealed(data[: end - 4] + (99).to_bytes(4, "little") + data[end:]))


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(RouterFileInvalid):
        parse(MAGIC + data)


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(RouterFileInvalid, match="not a router file"):
        parse(b"PK\x03\x04 something else")
