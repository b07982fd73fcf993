"""Client of ModelMuxer, the LLM router: the generated stubs (`modelmuxer.v1`) and a thin wrapper around them.

>>> from modelmuxer import Client
>>> with Client(api_key="...") as client:
...     answer = client.chat("What is the capital of France?")
...     print(answer.choices[0].message.content, answer.decision.routing_reason)
"""

from __future__ import annotations

from modelmuxer.async_client import AsyncClient
from modelmuxer.client import Client
from modelmuxer.errors import ModelMuxerError
from modelmuxer.requests import ChatOptions, Messages, RequestOptions, RouteOptions
from modelmuxer.v1.chat_pb2 import ChatMessage

__all__ = [
    "AsyncClient",
    "ChatMessage",
    "ChatOptions",
    "Client",
    "Messages",
    "ModelMuxerError",
    "RequestOptions",
    "RouteOptions",
]
