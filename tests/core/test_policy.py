"""The caller's globs."""

from __future__ import annotations

import pytest
from muxer.core.policy import ALLOWED, DENIED, broken_rules
from muxer.types.chat import RoutingOptions

MODEL = "groq:openai/gpt-oss-120b"


@pytest.mark.parametrize(
    ("allowed", "denied", "rule"),
    [
        ((), (), ""),
        (("groq:*",), (), ""),
        (("*gpt-oss*",), (), ""),
        (("openai:*", "groq:openai/gpt-oss-1?0b"), (), ""),
        (("openai:*",), (), ALLOWED),
        (("groq",), (), ALLOWED),
        (("GROQ:*",), (), ALLOWED),
        (("groq:.*",), (), ALLOWED),
        (("groq:openai/gpt-oss-[13]20b",), (), ""),
        ((), ("groq:*",), DENIED),
        ((), ("openai:*",), ""),
        (("groq:*",), ("*120b",), DENIED),
    ],
)
def test_a_glob_matches_the_whole_id_in_its_own_case_and_denial_wins(
    allowed: tuple[str, ...], denied: tuple[str, ...], rule: str
) -> None:
    options = RoutingOptions(allowed_models=allowed, denied_models=denied)

    assert broken_rules([MODEL], options) == ({MODEL: rule} if rule else {})
