"""What the simulator knows of model families: which parameters each one refuses.

Taken from the providers' documentation, not from the router's price table: so a wrong flag there shows as a refusal
here. Whoever starts a simulator may add rows of its own (`Simulator.start(traits=...)`).
"""

from __future__ import annotations

import re

from msgspec import Struct


class Traits(Struct, frozen=True):
    """What one model accepts. A limit of 0 is unknown and not enforced."""

    reasoning: bool = False
    """Thinks before it answers, and is billed for that."""
    efforts: tuple[str, ...] = ()
    """Accepted effort levels; empty: any."""
    default_effort: str = "medium"
    sampling: bool = True
    """Accepts temperature and its kin, also while it thinks."""
    stop: bool = True
    tools_while_reasoning: bool = True
    """Accepts function tools on chat completions while it thinks."""
    forced_tools: bool = True
    thinking: tuple[str, ...] = ()
    """Accepted types of Anthropic's `thinking`; empty: it cannot think."""
    always_thinks: bool = False
    prefill: bool = True
    """Accepts a trailing assistant message to go on from."""
    mid_system: bool = True
    """Accepts system messages after the beginning."""
    cache_minimum: int = 1_024
    """The shortest prompt that a breakpoint caches, in tokens."""
    cache_breakpoints: bool = False
    """Reports, and bills, what it writes to the prompt cache, and accepts breakpoints for it."""
    max_on_responses: bool = False
    """Accepts the effort `max` on the Responses API, beside its own."""
    signs_calls: bool = False
    """Gemini 3 and later: signs its function calls, and wants them back signed."""
    budget_thinking: bool = False
    """Gemini 2.5: takes `thinkingBudget` instead of `thinkingLevel`."""
    context_window: int = 0
    max_output_tokens: int = 0


_OPEN = Traits()
_UP_TO_HIGH = ("low", "medium", "high")
_O_SERIES = Traits(reasoning=True, efforts=_UP_TO_HIGH, sampling=False, stop=False)
_GPT_5 = Traits(reasoning=True, efforts=("minimal", *_UP_TO_HIGH), sampling=False, stop=False)
_GPT_51 = Traits(
    reasoning=True, efforts=("none", "minimal", *_UP_TO_HIGH), default_effort="none", sampling=False, stop=False
)
_GPT_54 = Traits(
    reasoning=True, efforts=("none", *_UP_TO_HIGH, "xhigh"), default_effort="none", sampling=False, stop=False
)
_GPT_56 = Traits(
    reasoning=True,
    efforts=("none", *_UP_TO_HIGH, "xhigh"),
    sampling=False,
    stop=False,
    tools_while_reasoning=False,
    cache_breakpoints=True,
)
_GPT_6 = Traits(
    reasoning=True,
    efforts=("none", *_UP_TO_HIGH, "xhigh", "max"),
    sampling=False,
    stop=False,
    cache_breakpoints=True,
)
_GPT_6_ASTRA = Traits(
    reasoning=True, efforts=(*_UP_TO_HIGH, "xhigh", "max"), sampling=False, stop=False, cache_breakpoints=True
)
_GPT_61_SOL = Traits(
    reasoning=True,
    efforts=(*_UP_TO_HIGH, "xhigh"),
    sampling=False,
    stop=False,
    cache_breakpoints=True,
    max_on_responses=True,
)
_CLAUDE_45 = Traits(reasoning=True, thinking=("enabled", "disabled"), mid_system=False)
_CLAUDE_46 = Traits(reasoning=True, thinking=("enabled", "disabled", "adaptive"), prefill=False, mid_system=False)
_CLAUDE_47 = Traits(reasoning=True, thinking=("adaptive", "disabled"), sampling=False, prefill=False, mid_system=False)
_CLAUDE_48 = Traits(reasoning=True, thinking=("adaptive", "disabled"), sampling=False, prefill=False)
_HAIKU_55 = Traits(reasoning=True, thinking=("adaptive", "disabled"), sampling=False, prefill=False, cache_minimum=512)
_ALWAYS = Traits(
    reasoning=True,
    thinking=("adaptive",),
    always_thinks=True,
    forced_tools=False,
    sampling=False,
    prefill=False,
    cache_minimum=512,
)
_SONNET_55 = Traits(
    reasoning=True,
    thinking=("adaptive", "between_tools"),
    always_thinks=True,
    forced_tools=False,
    sampling=False,
    prefill=False,
    cache_minimum=512,
)
_GEMINI_3 = Traits(reasoning=True, signs_calls=True)
_GEMINI_FLASH = Traits(reasoning=True, sampling=False, signs_calls=True)
_GEMINI_25 = Traits(reasoning=True, budget_thinking=True)
_NONE_OR_HIGH = Traits(reasoning=True, efforts=("none", "high"), default_effort="none")
_GPT_OSS = Traits(reasoning=True, efforts=_UP_TO_HIGH)
_QWEN = Traits(reasoning=True, efforts=("none", "default"), default_effort="none")

_FAMILIES: dict[str, tuple[tuple[str, Traits], ...]] = {
    "openai": (
        (r"o[134]", _O_SERIES),
        (r"gpt-5\.6", _GPT_56),
        (r"gpt-5\.[45]", _GPT_54),
        (r"gpt-5\.[123]", _GPT_51),
        (r"gpt-5", _GPT_5),
        (r"gpt-6\.1-sol", _GPT_61_SOL),
        (r"gpt-6-astra", _GPT_6_ASTRA),
        (r"gpt-6", _GPT_6),
    ),
    "anthropic": (
        (r"claude-sonnet-5-5", _SONNET_55),
        (r"claude-(opus-5-5|fable-5-[1-9]|mythos-5)", _ALWAYS),
        (r"claude-haiku-5-5", _HAIKU_55),
        (r"claude-(opus-4-8|opus-5|sonnet-5|fable-5)", _CLAUDE_48),
        (r"claude-opus-4-7", _CLAUDE_47),
        (r"claude-(opus|sonnet)-4-6", _CLAUDE_46),
        (r"claude-(opus|sonnet|haiku)-4", _CLAUDE_45),
    ),
    "google": (
        (r"gemini-3\.(5-flash-lite|[678]-flash)", _GEMINI_FLASH),
        (r"gemini-2\.5", _GEMINI_25),
        (r"gemini-[3-9]", _GEMINI_3),
    ),
    "mistral": ((r"mistral-(large-4|medium-3[.-]5|small-2603)|magistral", _NONE_OR_HIGH),),
    "groq": ((r"openai/gpt-oss", _GPT_OSS), (r"qwen/", _QWEN)),
    "together": ((r"openai/gpt-oss", _GPT_OSS), (r"moonshotai/|zai-org/", Traits(reasoning=True))),
    "cohere": ((r"command-a-reasoning", Traits(reasoning=True)),),
}
_COMPILED = {
    provider: [(re.compile(pattern), traits) for pattern, traits in rows] for provider, rows in _FAMILIES.items()
}


def known_traits(provider: str, model: str) -> Traits:
    """What is known of a model by its name; an unknown one accepts everything."""
    return next((traits for pattern, traits in _COMPILED.get(provider, ()) if pattern.match(model)), _OPEN)
