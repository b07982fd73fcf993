"""Whether a prompt and the answer wanted fit into a model's context.

The prompt must fit even with the most tokens that it may have in the model's own vocabulary; when the caller has named
the model it need only be likely to, and the provider has the last word. Behind it there must be room for `max_tokens`,
as providers demand, else for the answer that is expected.
"""

from __future__ import annotations

from muxer.types.catalog import ModelSpec


def overflow(model: ModelSpec, prompt: int, answer: int) -> tuple[int, int] | None:
    """The tokens that may be needed and the limit that they exceed; None when they fit, or no limit is known."""
    if 0 < model.max_input_tokens < prompt:
        return prompt, model.max_input_tokens
    if 0 < model.context_window < prompt + answer:
        return prompt + answer, model.context_window
    return None
