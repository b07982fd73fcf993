"""One fit serves many tests."""

from __future__ import annotations

import pytest
from muxer.learn.fit import Fit, fit

from tests.learn.traffic import sums_need_the_dear_one


@pytest.fixture(scope="session")
def fitted() -> Fit:
    """A fit of 400 prompts."""
    return fit(sums_need_the_dear_one(400), lambda stage, share: None)
