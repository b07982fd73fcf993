"""Configuration from the environment: one typed, validated struct, filled once. Nothing else reads the environment.

What has structure (providers of one's own, routing defaults) stands in `modelmuxer.yaml`; see `config_file`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

Mode = Literal["basic", "enhanced", "production"]


class SettingsInvalid(ValueError):
    """A variable has a value that it must not have. The text names the variable and says what to do."""


class Settings(Struct, frozen=True, kw_only=True):
    """Every variable with its default, range and meaning. The variable's name is in `extra["env"]`."""

    mode: Annotated[
        Mode,
        Meta(
            description="`basic`: direct routing with cost tracking, without classifying requests; `enhanced`: plus "
            "the learned classifier; `production`: everything, and refuse to start when anything is missing.",
            extra={"env": "MODELMUXER_MODE"},
        ),
    ] = "enhanced"
    api_keys: Annotated[
        str,
        Meta(
            description="Keys that callers must present as `Authorization: Bearer KEY`: `KEY` or `NAME:KEY`, "
            "separated by commas. Empty: everyone who can reach the port may call.",
            extra={"env": "MODELMUXER_API_KEYS", "secret": True},
        ),
    ] = ""
    provider_adapters_enabled: Annotated[
        bool,
        Meta(
            description="Whether providers are called at all. When false, chat requests are answered with 503.",
            extra={"env": "PROVIDER_ADAPTERS_ENABLED"},
        ),
    ] = True
    intent_classifier_enabled: Annotated[
        bool,
        Meta(
            description="Whether requests are classified. When false, every intent is `unknown`.",
            extra={"env": "ROUTER_INTENT_CLASSIFIER_ENABLED"},
        ),
    ] = True
    intent_low_confidence: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Below this confidence, from 0 to 1, ROUTER_INTENT_MODEL is asked, if there is one.",
            extra={"env": "INTENT_LOW_CONFIDENCE"},
        ),
    ] = 0.4
    intent_model: Annotated[
        str,
        Meta(
            description="A cheap model, as `provider:model`, to ask for the intent of chat requests that the "
            "classifier is unsure of. Empty: none is asked.",
            extra={"env": "ROUTER_INTENT_MODEL"},
        ),
    ] = ""
    intent_timeout_ms: Annotated[
        int,
        Meta(
            ge=100,
            le=60_000,
            description="Most time that asking ROUTER_INTENT_MODEL may take, in milliseconds, 100 to 60,000.",
            extra={"env": "ROUTER_INTENT_TIMEOUT_MS"},
        ),
    ] = 1500
    intent_min_conf_for_direct: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="From this confidence on, from 0 to 1, the intent may decide alone: routing rules that name it "
            "apply.",
            extra={"env": "INTENT_MIN_CONF_FOR_DIRECT"},
        ),
    ] = 0.7
    test_mode: Annotated[
        bool,
        Meta(
            description="Forbids what is not deterministic about an intent: ROUTER_INTENT_MODEL is never asked.",
            extra={"env": "TEST_MODE"},
        ),
    ] = False
    price_table_path: Annotated[
        str,
        Meta(description="Price table to use instead of the one that is shipped.", extra={"env": "PRICE_TABLE_PATH"}),
    ] = ""
    router_model_path: Annotated[
        str,
        Meta(
            description="Router file made by `modelmuxer fit`: what it learned of a model replaces the predicted "
            "quality. Needs the extra `fit`.",
            extra={"env": "ROUTER_MODEL_PATH"},
        ),
    ] = ""
    latency_priors_window_s: Annotated[
        int,
        Meta(
            ge=10,
            le=86_400,
            description="How many seconds a measured latency counts, 10 to 86,400.",
            extra={"env": "LATENCY_PRIORS_WINDOW_S"},
        ),
    ] = 1800
    estimator_default_tokens_in: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Prompt tokens assumed where none can be counted.",
            extra={"env": "ESTIMATOR_DEFAULT_TOKENS_IN"},
        ),
    ] = 400
    estimator_default_tokens_out: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Answer tokens assumed where nothing is known.",
            extra={"env": "ESTIMATOR_DEFAULT_TOKENS_OUT"},
        ),
    ] = 300
    max_estimated_usd_per_request: Annotated[
        float,
        Meta(
            ge=1e-12,  # less than a pico-dollar would be a limit of nothing
            le=1000,
            description="Most that one request may be estimated to cost, in US dollars, above 0 and at most 1,000.",
            extra={"env": "MAX_ESTIMATED_USD_PER_REQUEST"},
        ),
    ] = 1.0
    server_debug: Annotated[
        bool,
        Meta(
            description="Adds the headers X-Route-Decision and X-Route-Estimate-USD to REST answers.",
            extra={"env": "SERVER_DEBUG"},
        ),
    ] = False
    request_timeout_ms: Annotated[
        int,
        Meta(
            ge=1,
            le=3_600_000,
            description="Time allowed for a request that names none, in milliseconds.",
            extra={"env": "MODELMUXER_REQUEST_TIMEOUT_MS"},
        ),
    ] = 300_000
    max_request_timeout_ms: Annotated[
        int,
        Meta(
            ge=1,
            le=3_600_000,
            description="Most time that a request may ask for, in milliseconds; more is cut to this.",
            extra={"env": "MODELMUXER_MAX_REQUEST_TIMEOUT_MS"},
        ),
    ] = 600_000
    max_request_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            le=256 * 1024 * 1024,
            description="Largest request body in bytes, 1,024 to 268,435,456.",
            extra={"env": "MODELMUXER_MAX_REQUEST_BYTES"},
        ),
    ] = 16 * 1024 * 1024
    drain_grace_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="How many seconds running requests get to finish after SIGTERM.",
            extra={"env": "MODELMUXER_DRAIN_GRACE_S"},
        ),
    ] = 120.0
    drain_delay_s: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="How many seconds requests are still taken after SIGTERM, so that load balancers notice.",
            extra={"env": "MODELMUXER_DRAIN_DELAY_S"},
        ),
    ] = 2.0
    transport: Annotated[
        Literal["aiohttp", "httpx"],
        Meta(description="HTTP client towards providers: `aiohttp` or `httpx`.", extra={"env": "MODELMUXER_TRANSPORT"}),
    ] = "aiohttp"
    metrics_port: Annotated[
        int,
        Meta(
            ge=-1,
            le=65_535,
            description="Port for this replica's own metrics, beside the REST path; 0 picks a free one, -1: none.",
            extra={"env": "MODELMUXER_METRICS_PORT"},
        ),
    ] = -1
    metrics_host: Annotated[
        str,
        Meta(
            description="Address that the metrics port listens on. Metrics tell of traffic and spending.",
            extra={"env": "MODELMUXER_METRICS_HOST"},
        ),
    ] = "127.0.0.1"
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Meta(
            description="How much to log: `DEBUG`, `INFO`, `WARNING` or `ERROR`.", extra={"env": "MODELMUXER_LOG_LEVEL"}
        ),
    ] = "INFO"
    decision_log: Annotated[
        str,
        Meta(
            description="File to append each chat request with its decision and outcome to, for `modelmuxer replay`. "
            "It holds whole prompts. Empty: none is written.",
            extra={"env": "MODELMUXER_DECISION_LOG"},
        ),
    ] = ""
    decision_log_max_mb: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="Size in MB at which the decision log is begun anew, 1 to 1,000,000; one old file is kept, as "
            "`FILE.1`.",
            extra={"env": "MODELMUXER_DECISION_LOG_MAX_MB"},
        ),
    ] = 256
    otlp_endpoint: Annotated[
        str,
        Meta(
            description="Where to send traces by OTLP/gRPC, such as `http://127.0.0.1:4317`. Empty: no tracing.",
            extra={"env": "OTEL_EXPORTER_OTLP_ENDPOINT"},
        ),
    ] = ""
    trace_sample_ratio: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of requests to trace, 0 to 1, unless the caller has decided.",
            extra={"env": "OTEL_TRACES_SAMPLER_ARG"},
        ),
    ] = 1.0


class Variable(Struct, frozen=True):
    """One environment variable: for `.env.example`, the docs and error messages."""

    name: str
    field: str
    default: object
    description: str
    secret: bool


def _describe() -> tuple[Variable, ...]:
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        meta = next(m for m in get_args(hints[field.name]) if isinstance(m, Meta))
        extra = meta.extra or {}
        rows.append(
            Variable(extra["env"], field.name, field.default, meta.description or "", bool(extra.get("secret", False)))
        )
    return tuple(rows)


VARIABLES = _describe()
"""All variables that are not provider keys; those are named by the provider's row."""


class Environment:
    """The process environment, as far as we may look: settings, and keys by the variable that a provider names."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    @classmethod
    def of_process(cls) -> Environment:
        """The environment that this process was started with."""
        return cls(os.environ)

    def settings(self) -> Settings:
        """All settings, validated. Raises `SettingsInvalid` for the first bad value; empty values count as unset."""
        given = {v.field: self._variables[v.name] for v in VARIABLES if self._variables.get(v.name, "").strip()}
        try:
            return msgspec.convert(given, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsInvalid(_explain(str(error), given)) from None

    def key(self, variable: str) -> str:
        """The secret in this variable; empty when it is unset. Raises `SettingsInvalid` when it cannot be a key."""
        value = self._variables.get(variable, "").strip()
        if value and (len(value) > 4096 or not value.isascii() or not value.isprintable() or " " in value):
            raise SettingsInvalid(f"{variable} does not look like a key: it has blanks or characters outside ASCII")
        return value

    def unknown(self, known: Iterable[str]) -> tuple[str, ...]:
        """Variables that begin with `MODELMUXER_` but mean nothing: most likely misspelled."""
        names = {v.name for v in VARIABLES} | set(known)
        return tuple(sorted(n for n in self._variables if n.startswith("MODELMUXER_") and n not in names))


def _explain(message: str, given: Mapping[str, str]) -> str:
    """msgspec's message in terms of the variable: `Expected X - at $.field`."""
    text, _, path = message.partition(" - at `$.")
    field = path.rstrip("`")
    for variable in VARIABLES:
        if variable.field == field:
            shown = "" if variable.secret else f" (it is {given[field]!r})"
            return f"{variable.name}: {text[0].lower()}{text[1:]}{shown}. {variable.description}"
    return message
