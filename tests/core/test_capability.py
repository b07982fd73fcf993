"""What requests need, what models lack."""

from __future__ import annotations

import pytest
from muxer.core.capability import fields, lacks, needs, words
from muxer.types.catalog import Capabilities
from muxer.types.chat import ChatRequest, ResponseFormat, ToolChoice

from tests.core.builders import DOCUMENT, PICTURE, SOUND, ask


@pytest.mark.parametrize(
    ("request_", "needed"),
    [
        (ask(), ()),
        (ask("Look", PICTURE), ("vision",)),
        (ask("Listen", SOUND), ("audio",)),
        (ask("Read", DOCUMENT, PICTURE), ("vision", "files")),
        (ask(tools=1), ("tools",)),
        (ask(tools=1, tool_choice=ToolChoice("auto")), ("tools",)),
        (ask(tools=1, tool_choice=ToolChoice("required")), ("tools", "forced_tool_use")),
        (ask(tools=1, tool_choice=ToolChoice("named", ("tool_0",))), ("tools", "forced_tool_use")),
        (ask(tools=1, tool_choice=ToolChoice("allowed", ("tool_0",))), ("tools",)),
        (ask(tools=1, tool_choice=ToolChoice("allowed", ("tool_0",), required=True)), ("tools", "forced_tool_use")),
        (ask(response_format=ResponseFormat("json_object")), ()),
        (ask(response_format=ResponseFormat("json_schema", schema="{}")), ("json_schema",)),
    ],
)
def test_a_request_needs_what_its_parts_and_options_call_for(request_: ChatRequest, needed: tuple[str, ...]) -> None:
    assert fields(needs(request_)) == needed


def test_a_picture_in_an_earlier_message_is_needed_still() -> None:
    later = ChatRequest(messages=(*ask("Look", PICTURE).messages, *ask("And now?").messages))

    assert fields(needs(later)) == ("vision",)


def test_a_model_of_unknown_capabilities_lacks_all_but_forced_tool_use() -> None:
    assert fields(lacks(Capabilities())) == ("vision", "audio", "files", "tools", "json_schema")


def test_what_a_model_can_do_it_does_not_lack() -> None:
    able = Capabilities(vision=True, tools=True, forced_tool_use=False)

    assert fields(lacks(able)) == ("audio", "files", "json_schema", "forced_tool_use")


def test_several_capabilities_are_named_in_words() -> None:
    assert words(needs(ask("Look", PICTURE, tools=1))) == "pictures and tools"
