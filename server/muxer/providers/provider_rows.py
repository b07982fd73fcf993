"""The providers that are known from the start, as rows of data. Another OpenAI-compatible one is another row."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from muxer.ports import ProviderSpec


class ProviderRow(Struct, frozen=True):
    """What is known of a provider: all but its key, which stands in the environment variable `key_variable`.

    `quirks` are those of its dialect; see `OpenAIQuirks` and its like for what they mean.
    """

    name: str
    dialect: str
    base_url: str
    key_variable: str
    quirks: Mapping[str, object] = {}

    def spec(self, api_key: str, base_url: str = "") -> ProviderSpec:
        """The provider as configured with this key, and at its usual address unless told otherwise."""
        return ProviderSpec(self.name, self.dialect, base_url or self.base_url, api_key, quirks=self.quirks)


_OPENAI = {
    "extras": (
        "prediction",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "moderation",
        "store",
    ),
    "sampling_without_effort": True,
    "stop_with_reasoning": False,
    "responses_for_tools": ("gpt-5.6*", "gpt-6*"),
}

_SHARED_FIELDS = frozenset(
    {
        "max_completion_tokens",
        "temperature",
        "top_p",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "response_format",
        "reasoning_effort",
        "tools",
        "tool_choice",
    }
)
"""What every provider that speaks the format understands, if not under these names."""

_MISTRAL = {
    "fields": _SHARED_FIELDS | {"n", "parallel_tool_calls", "metadata", "service_tier", "logprobs", "top_logprobs"},
    "renames": {"max_completion_tokens": "max_tokens", "seed": "random_seed"},
    "parts": {"text": "text", "image": "image_url", "audio": "input_audio", "file": "document_url"},
    "developer_role": False,
    "message_names": False,
    "allowed_tools": False,
    "custom_tools": False,
    "alphanumeric_tool_ids": 9,
    "max_temperature": 1.0,
}

_GROQ = {
    "fields": _SHARED_FIELDS | {"parallel_tool_calls", "user", "service_tier", "stream_options"},
    "parts": {"text": "text", "image": "image_url"},
    "message_names": False,
    "allowed_tools": False,
    "custom_tools": False,
    "service_tiers": {"auto": "auto", "default": "on_demand", "flex": "flex"},
}

_TOGETHER = {
    "fields": _SHARED_FIELDS | {"n", "logit_bias", "logprobs"},
    "renames": {"max_completion_tokens": "max_tokens"},
    "parts": {"text": "text", "image": "image_url", "audio": "audio_url"},
    "developer_role": False,
    "allowed_tools": False,
    "custom_tools": False,
    "logprobs_as_count": True,
}

_ANTHROPIC = {"budget_models": ("claude-*-4-5*", "claude-*-4-1*", "claude-*-4-0*", "claude-3-*")}

_GOOGLE = {"budget_models": ("gemini-2.5-*", "gemini-2.0-*")}

PROVIDERS: Mapping[str, ProviderRow] = {
    row.name: row
    for row in (
        ProviderRow("openai", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", _OPENAI),
        ProviderRow("anthropic", "anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY", _ANTHROPIC),
        ProviderRow("mistral", "openai", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", _MISTRAL),
        ProviderRow("google", "gemini", "https://generativelanguage.googleapis.com", "GOOGLE_API_KEY", _GOOGLE),
        ProviderRow("groq", "openai", "https://api.groq.com/openai/v1", "GROQ_API_KEY", _GROQ),
        ProviderRow("cohere", "cohere", "https://api.cohere.com", "COHERE_API_KEY"),
        ProviderRow("together", "openai", "https://api.together.ai/v1", "TOGETHER_API_KEY", _TOGETHER),
    )
}
