"""One product for all tests that need nothing special of it; they leave no traces that others could stumble over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The product with its defaults, simulated."""
    with running_stack() as running:
        yield running
