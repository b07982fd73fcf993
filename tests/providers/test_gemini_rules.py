"""A chat request in Gemini's words, and what the API demands beyond them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from muxer.errors import MuxerError
from muxer.providers.provider_state import pack
from muxer.providers.registry import DIALECTS
from muxer.types.chat import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ResponseFormat,
    TextPart,
    ToolCall,
    ToolChoice,
)

from tests.providers.calls import PDF, PIXEL, SCHEMA, SCHEMA_OBJECT, TIME, USER, WEATHER
from tests.providers.capture import GOLDENS
from tests.providers.wire import Anyone

GEMINI = DIALECTS["gemini"]
SIGNED = pack("gemini", "the-model", {"signature": "c2ln"})
STAND_IN = "skip_thought_signature_validator"


def encoded(request: ChatRequest, anyone: Anyone, name: str = "the-model", **abilities: Any) -> Any:
    provider, model = anyone("google", **abilities)
    model = msgspec.structs.replace(model, name=name)
    return msgspec.json.decode(GEMINI.encode(request, provider, model, stream=False).body)


def test_a_whole_request_is_the_one_that_the_official_sdk_was_seen_to_send(anyone: Anyone) -> None:
    request = ChatRequest(
        (
            Message("system", "Be brief."),
            Message("user", parts=(TextPart("Weather here?"), ImagePart(PIXEL), ImagePart("https://h.example/p.png"))),
            Message("assistant", tool_calls=(ToolCall("c1", "weather", '{"city":"Oslo"}', provider_state=SIGNED),)),
            Message("tool", "4 C", tool_call_id="c1"),
        ),
        tools=(WEATHER,),
        tool_choice=ToolChoice("named", ("weather",)),
        service_tier="flex",
        temperature=0.2,
        top_p=0.9,
        n=2,
        max_tokens=512,
        stop=("END",),
        seed=1,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        logprobs=True,
        top_logprobs=3,
        response_format=ResponseFormat("json_schema", "x", schema='{"type":"object"}'),
        reasoning_effort="low",
    )

    assert encoded(request, anyone, reasoning=True) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "Weather here?"},
                    {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                    {"fileData": {"fileUri": "https://h.example/p.png", "mimeType": "image/png"}},
                ],
            },
            {
                "role": "model",
                "parts": [
                    {
                        "functionCall": {"id": "c1", "name": "weather", "args": {"city": "Oslo"}},
                        "thoughtSignature": "c2ln",
                    }
                ],
            },
            {
                "role": "user",
                "parts": [{"functionResponse": {"id": "c1", "name": "weather", "response": {"result": "4 C"}}}],
            },
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": SCHEMA_OBJECT}
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
        "serviceTier": "flex",
        "generationConfig": {
            "temperature": 0.2,
            "topP": 0.9,
            "candidateCount": 2,
            "maxOutputTokens": 512,
            "stopSequences": ["END"],
            "seed": 1,
            "presencePenalty": 0.1,
            "frequencyPenalty": 0.1,
            "responseLogprobs": True,
            "logprobs": 3,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
        },
    }


@pytest.mark.parametrize(
    ("stream", "url"),
    [
        (False, "http://x/v1/models/gemini-3.5-flash:generateContent"),
        (True, "http://x/v1/models/gemini-3.5-flash:streamGenerateContent?alt=sse"),
    ],
)
def test_the_model_stands_in_the_path_and_the_key_in_a_header(stream: bool, url: str, anyone: Anyone) -> None:
    provider, model = anyone("google", "http://x")
    named = msgspec.structs.replace(model, name="gemini-3.5-flash")
    said = GEMINI.encode(ChatRequest((USER,)), provider, named, stream=stream)

    assert (said.url, said.headers["x-goog-api-key"]) == (url, "sk-the-key-of-the-operator")
    assert "authorization" not in said.headers
    assert "key" not in said.url


@pytest.mark.parametrize("name", ["../../evil", "a@evil.example/", "x?key=1", "tuned/model", "a:b"])
def test_a_model_name_cannot_lead_elsewhere(name: str, anyone: Anyone) -> None:
    provider, model = anyone("google", "http://x")
    said = GEMINI.encode(ChatRequest((USER,)), provider, msgspec.structs.replace(model, name=name), stream=False)
    inner = said.url.removeprefix("http://x/v1/models/").removesuffix(":generateContent")

    assert not set(inner) & set("/?#@:\\")


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("required"), {"mode": "ANY"}),
        (ToolChoice("named", ("time",)), {"mode": "ANY", "allowedFunctionNames": ["time"]}),
        (ToolChoice("allowed", ("time",), True), {"mode": "ANY", "allowedFunctionNames": ["time"]}),
        (ToolChoice("allowed", ("time",)), {"mode": "VALIDATED", "allowedFunctionNames": ["time"]}),
    ],
)
def test_tool_choice_is_a_mode(choice: ToolChoice, config: Any, anyone: Anyone) -> None:
    said = encoded(ChatRequest((USER,), tools=(TIME,), tool_choice=choice), anyone)

    assert said["toolConfig"] == {"functionCallingConfig": config}


@pytest.mark.parametrize(
    ("name", "efforts", "effort", "config"),
    [
        ("gemini-3.5-flash", ["minimal", "low", "high"], "none", {"includeThoughts": True, "thinkingLevel": "MINIMAL"}),
        ("gemini-4-argon", ["low", "medium", "high"], "max", {"includeThoughts": True, "thinkingLevel": "HIGH"}),
        ("gemini-9", [], "max", {"includeThoughts": True, "thinkingLevel": "XHIGH"}),
        ("gemini-9", [], "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-2.5-flash", ["none", "low", "high"], "none", {"thinkingBudget": 0}),
        ("gemini-2.5-flash", ["none", "low", "high"], "high", {"includeThoughts": True, "thinkingBudget": 24_576}),
        ("gemini-2.5-pro", ["low", "medium", "high"], "none", {"includeThoughts": True, "thinkingBudget": 1024}),
    ],
)
def test_effort_is_a_level_or_for_older_models_a_budget(
    name: str, efforts: list[str], effort: str, config: Any, anyone: Anyone
) -> None:
    said = encoded(ChatRequest((USER,), reasoning_effort=effort), anyone, name, reasoning=True, efforts=efforts)

    assert said["generationConfig"]["thinkingConfig"] == config


def signatures(messages: tuple[Message, ...], anyone: Anyone, name: str = "the-model") -> list[Any]:
    contents = encoded(ChatRequest(messages), anyone, name, reasoning=True)["contents"]
    return [part.get("thoughtSignature") for content in contents for part in content["parts"] if "functionCall" in part]


def test_calls_of_the_turn_under_way_that_another_model_made_carry_the_stand_in(anyone: Anyone) -> None:
    foreign = (ToolCall("a", "time", ""), ToolCall("b", "time", ""))
    results = (Message("tool", "1", tool_call_id="a"), Message("tool", "2", tool_call_id="b"))
    earlier = (USER, Message("assistant", tool_calls=foreign), *results)

    assert signatures(earlier, anyone) == [STAND_IN, None]
    assert signatures((*earlier, USER), anyone) == [None, None]
    assert signatures(earlier, anyone, "gemini-2.5-flash") == [None, None]


def test_a_signature_goes_back_to_the_model_that_wrote_it_and_to_no_other(anyone: Anyone) -> None:
    call = ToolCall("a", "time", "", provider_state=SIGNED)
    messages = (USER, Message("assistant", tool_calls=(call,)), Message("tool", "1", tool_call_id="a"))

    assert signatures(messages, anyone) == ["c2ln"]
    assert signatures(messages, anyone, "gemini-9") == [STAND_IN]


def test_what_an_answer_signed_comes_back_with_the_next_request(anyone: Anyone) -> None:
    provider, model = anyone("google")
    for case in ("thinking", "tools"):
        answer = GEMINI.decode((GOLDENS / f"gemini/{case}.json").read_bytes(), provider, model).choices[0].message
        contents = encoded(ChatRequest((USER, answer, USER)), anyone, reasoning=True)["contents"]
        signed = [part for part in contents[1]["parts"] if part.get("thoughtSignature") == "c2ln"]

        assert [next(iter(part)) for part in signed] == [{"thinking": "text", "tools": "functionCall"}[case]]


@pytest.mark.parametrize(
    ("content", "response"),
    [("4 C", {"result": "4 C"}), ('{"c": 4}', {"c": 4}), ("[1]", {"result": "[1]"}), ("", {"result": ""})],
)
def test_a_result_is_an_object(content: str, response: Any, anyone: Anyone) -> None:
    call = Message("assistant", tool_calls=(ToolCall("a", "time", ""),))
    said = encoded(ChatRequest((USER, call, Message("tool", content, tool_call_id="a"))), anyone)

    assert said["contents"][-1]["parts"][0]["functionResponse"] == {"id": "a", "name": "time", "response": response}


def test_a_result_without_its_call_is_refused(anyone: Anyone) -> None:
    with pytest.raises(MuxerError) as caught:
        encoded(ChatRequest((USER, Message("tool", "4 C", tool_call_id="lost"))), anyone)

    assert caught.value.field == "messages[1].tool_call_id"


def test_more_stop_sequences_than_five_are_refused(anyone: Anyone) -> None:
    with pytest.raises(MuxerError, match="more than 5 stop sequences"):
        encoded(ChatRequest((USER,), stop=tuple("abcdef")), anyone)


def test_sound_and_documents_go_inline(anyone: Anyone) -> None:
    parts = (AudioPart("UklGRg==", "wav"), FilePart(file_data=PDF), FilePart(file_id="https://files.example/1"))
    said = encoded(ChatRequest((Message("user", parts=parts),)), anyone)

    assert said["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}},
        {"fileData": {"fileUri": "https://files.example/1"}},
    ]


def test_a_request_of_system_messages_alone_has_contents_all_the_same(anyone: Anyone) -> None:
    assert encoded(ChatRequest((Message("system", "Greet."),)), anyone)["contents"] == [
        {"role": "user", "parts": [{"text": "."}]}
    ]


def test_numbers_of_a_schema_stay_exact(anyone: Anyone) -> None:
    provider, model = anyone("google")
    request = ChatRequest((USER,), response_format=ResponseFormat("json_schema", "x", schema=SCHEMA))

    assert SCHEMA.encode() in GEMINI.encode(request, provider, model, stream=False).body
