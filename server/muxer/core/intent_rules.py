"""Rules that decide a request's kind for certain, before any learned judgement: attachments, schemas, forced formats."""

from __future__ import annotations

from muxer.core.features import Features
from muxer.types.decision import Intent


def certain(features: Features) -> Intent | None:
    """The intent when the request's form alone settles it, else None."""
    if features.has_image:
        return Intent(label="vision", confidence=0.98, method="rules")
    if features.response_format == "json_schema":
        return Intent(label="json_extract", confidence=0.95, method="rules")
    return None
