"""Pieces of chat requests that several tests build on."""

from __future__ import annotations

import msgspec
from muxer.types.chat import Message, Tool, ToolCall

SCHEMA = '{"type":"object","properties":{"city":{"type":"string","maxLength":9007199254740993}},"required":["city"]}'
SCHEMA_OBJECT = msgspec.json.decode(SCHEMA)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="

USER = Message("user", "Hi")
WEATHER = Tool("weather", "Tells the weather.", SCHEMA)
TIME = Tool("time")
CALLS = (ToolCall("call_1", "weather", '{"city":"Oslo"}'), ToolCall("call_2", "time", ""))
