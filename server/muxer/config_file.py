"""`modelmuxer.yaml`: the part of the configuration that has structure. Optional; validated as a whole before use."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import yaml
from msgspec import Struct

from muxer.settings import SettingsInvalid


class RoutingSection(Struct, frozen=True, forbid_unknown_fields=True):
    """How requests are routed that do not say so themselves."""

    preset: Literal["balanced", "economy", "fast", "quality"] = "balanced"


class ProviderSection(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of one's own, or changes to a built-in one. Empty: as built in."""

    dialect: str = ""
    base_url: str = ""
    key_variable: str = ""
    headers: dict[str, str] = {}
    enabled: bool = True


class FileConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    routing: RoutingSection = RoutingSection()
    providers: dict[str, ProviderSection] = {}


def load(path: str) -> FileConfig:
    """The configuration in this file; the defaults when `path` is empty. Raises `SettingsInvalid`."""
    if not path:
        return FileConfig()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path}: cannot be read: {error}") from None
    try:
        document = yaml.safe_load(text)
        return msgspec.convert({} if document is None else document, FileConfig)
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{path}: is not YAML: {error}") from None
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{path}: {error}") from None
