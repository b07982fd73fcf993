"""Measuring many models at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.candidate import assess, assess_all
from muxer.core.prepared import prepared
from muxer.types.decision import View

from tests.core.builders import TODAY, demand, views


@given(views(), st.integers(0, 5_000), st.integers(1, 20_000), st.sampled_from((None, 1, 400, 6_000, 100_000)))
def test_a_model_comes_out_the_same_whatever_is_measured_with_it(
    world: View, prompt_tokens: int, expected: int, max_tokens: int | None
) -> None:
    wanted = demand(
        prompt_tokens=prompt_tokens,
        expected=expected,
        max_tokens=max_tokens,
        providers=world.providers,
        latency=world.latency,
    )
    wanted = replace(wanted, usage=world.usage)
    models = prepared(world.catalog, TODAY).values()

    assert assess_all(models, wanted) == [assess(model, wanted) for model in models]
