"""`modelmuxer.yaml`: the part of the configuration that has structure. Optional; validated as a whole before use."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from muxer.settings import SettingsInvalid
from muxer.types.decision import RoutingRule

Intent = Literal["chat_lite", "deep_reason", "code_gen", "json_extract", "translation", "vision", "safety_risk"]
Text = Annotated[str, Meta(min_length=1)]


class WhenSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests a rule is for: those that fit everything that is given here. What is given cannot be empty, for
    a rule for no intent at all would be one for all of them."""

    intents: Annotated[list[Intent], Meta(min_length=1)] = []
    tenants: Annotated[list[Text], Meta(min_length=1)] = []
    metadata: Annotated[dict[Text, str], Meta(min_length=1)] = {}


class RuleSection(Struct, frozen=True, forbid_unknown_fields=True):
    """Which models requests must or should go to, whatever they would score."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    action: Literal["prefer", "require", "forbid"]
    models: Annotated[list[Text], Meta(min_length=1)]
    when: WhenSection = WhenSection()

    def rule(self) -> RoutingRule:
        """The rule as decisions use it."""
        return RoutingRule(
            name=self.name,
            action=self.action,
            models=tuple(self.models),
            intents=frozenset(self.when.intents),
            tenants=frozenset(self.when.tenants),
            metadata=dict(self.when.metadata),
        )


class RoutingSection(Struct, frozen=True, forbid_unknown_fields=True):
    """How requests are routed that do not say so themselves."""

    preset: Literal["balanced", "economy", "fast", "quality"] = "balanced"
    price_share: Annotated[float, Meta(gt=0, le=1)] | None = None
    rules: list[RuleSection] = []

    def routing_rules(self) -> tuple[RoutingRule, ...]:
        """The rules, in their order."""
        return tuple(section.rule() for section in self.rules)


class ProviderSection(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of one's own, or changes to a built-in one. Empty: as built in.

    `quirks` are those of the dialect, and are added to the built-in ones. `models` are rows of the price table by the
    model's name at the provider; such a row takes the place of the one in the table.
    """

    dialect: str = ""
    base_url: str = ""
    key_variable: str = ""
    headers: dict[str, str] = {}
    quirks: dict[str, Any] = {}
    models: dict[str, Any] = {}
    enabled: bool = True


class ModelSection(Struct, frozen=True, forbid_unknown_fields=True):
    """What the operator knows of a model: by intent, the share of such requests, 0 to 1, that it does well."""

    quality: dict[str, Any] = {}


class FileConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    routing: RoutingSection = RoutingSection()
    providers: dict[str, ProviderSection] = {}
    models: dict[str, ModelSection] = {}  # by `provider:model`, or a glob over such ids

    def model_rows(self) -> dict[str, Any]:
        """The rows of all models of the file, by `provider:model`."""
        return {
            f"{provider}:{model}": row
            for provider, section in self.providers.items()
            if section.enabled
            for model, row in section.models.items()
        }


def load(path: str) -> FileConfig:
    """The configuration in this file; the defaults when `path` is empty. Raises `SettingsInvalid`."""
    if not path:
        return FileConfig()
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path}: cannot be read: {error}") from None
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
        config = msgspec.convert({} if document is None else document, FileConfig)
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{path}: is not YAML as it should be: {error}") from None
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{path}: {error}{_choices(str(error))}") from None
    names = [rule.name for rule in config.routing.rules]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise SettingsInvalid(f"{path}: routing.rules[{position}].name: {name!r} is given twice")
    return config


_ENUM = re.compile(r"Invalid enum value .* - at `\$\.(?P<path>.*)`", re.DOTALL)
_STEP = re.compile(r"\[[^]]*]|[^.[]+")


def _choices(message: str) -> str:
    """What msgspec's message leaves out: the words that may stand at this place."""
    found = _ENUM.fullmatch(message)
    kind: Any = msgspec.inspect.type_info(FileConfig)
    for step in _STEP.findall(found["path"]) if found else ():
        match kind:
            case msgspec.inspect.StructType():
                kind = next(field.type for field in kind.fields if field.encode_name == step)
            case msgspec.inspect.ListType():
                kind = kind.item_type
            case msgspec.inspect.DictType():
                kind = kind.value_type
    if not isinstance(kind, msgspec.inspect.LiteralType):
        return ""
    *others, last = map(str, kind.values)
    return f": it may be {', '.join(others)} or {last}"


class _Loader(yaml.SafeLoader):
    """Numbers with a point are decimals, for prices must not pass through a float, and no key may be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        twice = ", ".join(key for key, count in counts.items() if count > 1)
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {twice}", node.start_mark)
        return super().construct_mapping(node, deep)

    def construct_decimal(self, node: yaml.ScalarNode) -> Decimal:
        try:
            return Decimal(self.construct_scalar(node))
        except InvalidOperation:
            problem = f"{node.value} is not a decimal number"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_decimal)
