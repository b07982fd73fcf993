"""Small worlds to decide in: models, catalogues, views and requests, made by hand or at random."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st
from msgspec.structs import replace
from muxer.core.answer_length import AnswerLength
from muxer.core.capability import CAPABILITIES
from muxer.core.demand import Demand
from muxer.core.preset import Weights
from muxer.core.route import decide
from muxer.errors import MuxerError
from muxer.types.catalog import Capabilities, Catalog, DatedPrice, ModelSpec, Rates, Tier
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ResponseFormat,
    RoutingOptions,
    TextPart,
    Tool,
    ToolChoice,
)
from muxer.types.decision import Decision, LatencyPrior, LengthPrior, Policy, ProviderState, UsagePrior, View
from muxer.types.money import PicoUsd, pico

TODAY = dt.date(2026, 11, 23)
UP = ProviderState(usable=True)
DOWN = ProviderState(usable=False, reason="its circuit is open")


def words(text: str) -> int:
    """A count of tokens that a reader can check: one per word."""
    return len(text.split())


def model(
    model_id: str,
    price: float | tuple[float, float] = 1.0,
    *,
    can: Capabilities | None = None,
    tiers: tuple[Tier, ...] = (),
    window: int = 0,
    max_input: int = 0,
    max_output: int = 0,
    factor: float = 1.0,
    until: dt.date | None = None,
) -> ModelSpec:
    """A model at so many dollars per million tokens, of input and output or of both."""
    input_price, output_price = price if isinstance(price, tuple) else (price, price)
    provider, _, name = model_id.partition(":")
    rates = Rates(input=int(input_price * 1_000_000), output=int(output_price * 1_000_000))
    return ModelSpec(
        provider=provider,
        name=name,
        prices=(DatedPrice(dt.date.min, rates, tiers),),
        capabilities=can or Capabilities(),
        context_window=window,
        max_input_tokens=max_input,
        max_output_tokens=max_output,
        token_factor=factor,
        deprecation_date=until,
    )


def catalog(*models: ModelSpec) -> Catalog:
    """A catalogue of these models, in sorted order."""
    return Catalog(models={m.id: m for m in sorted(models, key=lambda m: m.id)}, version="test")


def view(
    *models: ModelSpec,
    providers: dict[str, ProviderState] | None = None,
    latency: dict[str, LatencyPrior] | None = None,
    policy: Policy | None = None,
) -> View:
    """A world with these models, in which their providers are all up unless it says otherwise."""
    return View(
        catalog=catalog(*models),
        providers={m.provider: UP for m in models} | (providers or {}),
        latency=latency or {},
        policy=policy or Policy(),
        today=TODAY,
        count_tokens=words,
    )


def ask(
    text: str = "Hello",
    *parts: Part,
    model: str = "",
    preset: str = "",
    min_quality: float | None = None,
    max_cost: str | None = None,
    allowed: Iterable[str] = (),
    denied: Iterable[str] = (),
    max_tokens: int | None = None,
    tools: int = 0,
    tool_choice: ToolChoice | None = None,
    response_format: ResponseFormat | None = None,
    n: int | None = None,
    reasoning_effort: str = "",
    verbosity: str = "",
) -> ChatRequest:
    """A request of one message; `max_cost` is in US dollars."""
    return ChatRequest(
        messages=(Message("user", parts=(TextPart(text), *parts)) if parts else Message("user", text),),
        model=model,
        tools=tuple(Tool(f"tool_{i}") for i in range(tools)),
        tool_choice=tool_choice,
        response_format=response_format,
        max_tokens=max_tokens,
        n=n,
        reasoning_effort=reasoning_effort,
        verbosity=verbosity,
        routing=RoutingOptions(
            preset=preset,
            min_quality=min_quality,
            max_cost=None if max_cost is None else pico(max_cost),
            allowed_models=tuple(allowed),
            denied_models=tuple(denied),
        ),
    )


def demand(
    *,
    pinned: bool = False,
    needs: int = 0,
    prompt_tokens: int = 100,
    expected: int = 100,
    max_tokens: int | None = None,
    weights: Weights | None = None,
    options: RoutingOptions | None = None,
    limit: PicoUsd | None = None,
    providers: Mapping[str, ProviderState] | None = None,
    latency: Mapping[str, LatencyPrior] | None = None,
) -> Demand:
    """What models are measured against, for a request of middling difficulty; only provider `p` is there and up."""
    return Demand(
        pinned=pinned,
        needs=needs,
        prompt_tokens=prompt_tokens,
        length=AnswerLength(kind="unknown", plain=expected, reasoning=3 * expected, answers=1, max_tokens=max_tokens),
        difficulty=0.0,
        intent="unknown",
        confidence=0.0,
        quality=None,
        weights=weights or Weights(cost=0.1, latency=0.1),
        options=options or RoutingOptions(),
        limit=limit,
        providers={"p": UP} if providers is None else providers,
        latency=latency or {},
    )


PICTURE = ImagePart("https://example.org/a.png")
SOUND = AudioPart("AAAA", "mp3")
DOCUMENT = FilePart(file_id="file-1")

PROVIDERS = ("alpha", "beta", "gamma")
TEXTS = (
    "Hello",
    "Prove that there are infinitely many primes, and derive every step with full rigour: 1, 2, 3, 5, 7.",
    "```python\ndef f(x): return x\n```\nRefactor this function.",
    "Translate into German: the weather is fine. " * 40,
    "word " * 900,
)


@st.composite
def models(draw: st.DrawFn, model_id: str) -> ModelSpec:
    """Any model under this id: free or dear, tiered or not, with limits or without, retired or not."""
    price = draw(st.sampled_from(((0.0, 0.0), (0.05, 0.1), (0.5, 0.5), (0.5, 2.0), (2.0, 10.0), (10.0, 50.0))))
    doubled = Tier(800, Rates(*[int(2_000_000 * p) for p in price]))
    lacking = draw(st.sampled_from(("", "", *(field for field, _ in CAPABILITIES))))
    return model(
        model_id,
        price,
        can=Capabilities(
            vision=lacking != "vision",
            audio=lacking != "audio",
            files=lacking != "files",
            tools=lacking != "tools",
            json_schema=lacking != "json_schema",
            forced_tool_use=lacking != "forced_tool_use",
            reasoning=draw(st.booleans()),
        ),
        tiers=draw(st.sampled_from(((), (doubled,)))),
        window=draw(st.sampled_from((0, 0, 1_500, 100_000))),
        max_input=draw(st.sampled_from((0, 0, 1_000, 100_000))),
        max_output=draw(st.sampled_from((0, 500, 8_000))),
        factor=draw(st.sampled_from((1.0, 1.1, 1.6))),
        until=draw(st.sampled_from((None, None, None, TODAY, TODAY - dt.timedelta(days=1)))),
    )


latency_priors = st.builds(
    LatencyPrior,
    first_token_p50_s=st.floats(0, 60),
    first_token_p95_s=st.floats(0, 120),
    tokens_per_s=st.floats(0, 1_000),
    samples=st.integers(0, 1_000),
    slow_tokens_per_s=st.floats(0, 1_000),
    speed_samples=st.integers(0, 1_000),
)

length_priors = st.builds(
    lambda median, spread, samples: LengthPrior(median, median * spread, samples),
    st.floats(0.03, 30),
    st.floats(1, 20),
    st.integers(0, 64),
)
usage_priors = st.builds(
    UsagePrior,
    token_factor=st.floats(0.7, 2.5),
    samples=st.integers(0, 1_000),
    lengths=st.dictionaries(st.sampled_from(("chat_lite", "deep_reason", "stated", "unknown")), length_priors),
)


@st.composite
def views(draw: st.DrawFn) -> View:
    """Any world of up to nine models of three providers, some of them down or not configured."""
    ids = draw(st.sets(st.sampled_from([f"{p}:m{i}" for p in PROVIDERS for i in (1, 2, 3)]), min_size=4))
    specs = [draw(models(model_id)) for model_id in sorted(ids)]
    return View(
        catalog=catalog(*specs),
        providers=draw(
            st.fixed_dictionaries(
                {"alpha": st.just(UP)}, optional={"beta": st.sampled_from((UP, DOWN)), "gamma": st.just(UP)}
            )
        ),
        latency=draw(st.dictionaries(st.sampled_from(sorted(ids)), latency_priors)),
        usage=draw(st.dictionaries(st.sampled_from(sorted(ids)), usage_priors)),
        policy=Policy(
            default_preset=draw(st.sampled_from(("balanced", "economy", "fast", "quality"))),
            max_cost=draw(limits),
            intent_enabled=draw(st.booleans()),
        ),
        today=TODAY,
        count_tokens=words,
    )


limits = st.sampled_from((None, None, None, None, pico("1"), pico("0.01"), pico("0.001"), PicoUsd(0)))


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """Any request that leaves the choice of the model open."""
    attached: tuple[tuple[Part, ...], ...] = ((), (), (PICTURE,), (SOUND,), (DOCUMENT,))
    parts = draw(st.sampled_from(attached))
    tools = draw(st.sampled_from((0, 0, 2)))
    request = ask(
        draw(st.sampled_from(TEXTS)),
        *parts,
        model=draw(st.sampled_from(("", "auto", "auto:fast", "auto:quality"))),
        preset=draw(st.sampled_from(("", "", "economy", "balanced"))),
        min_quality=draw(st.sampled_from((None, None, None, 0.3, 0.8))),
        allowed=draw(st.sampled_from(((), (), (), (), ("*:m1", "alpha:*"), ("*:m[23]",), ("*",), ("delta:*",)))),
        denied=draw(st.sampled_from(((), (), (), ("beta:m?",), ("*:m1",)))),
        max_tokens=draw(st.sampled_from((None, None, None, 1, 200, 5_000))),
        tools=tools,
        tool_choice=ToolChoice("required") if tools and draw(st.booleans()) else None,
        response_format=draw(st.sampled_from((None, None, None, ResponseFormat("json_schema", "answer", schema="{}")))),
        n=draw(st.sampled_from((None, None, 3))),
        reasoning_effort=draw(st.sampled_from(("", "none", "max"))),
    )
    limit = draw(limits)
    return request if limit is None else with_limit(request, limit)


def with_limit(request: ChatRequest, limit: PicoUsd | None) -> ChatRequest:
    """The same request with this limit on its cost."""
    return replace(request, routing=replace(request.routing, max_cost=limit))


def decided(request: ChatRequest, world: View) -> Decision | None:
    """The decision, or None when the request is refused."""
    try:
        return decide(request, world)
    except MuxerError:
        return None
