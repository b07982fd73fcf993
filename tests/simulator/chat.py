"""A chat request with a scenario in it, and what to make of its answer."""

from __future__ import annotations

import json
from typing import Any

import httpx

CHAT = "/openai/v1/chat/completions"


def body(scenario: str, **fields: Any) -> dict[str, Any]:
    message = {"role": "user", "content": f"Hello there. [[simulate:{scenario}]]"}
    return {"model": "gpt-4o-mini", "messages": [message], **fields}


def texts(events: list[bytes]) -> str:
    """The text in the data lines of these events."""
    found = []
    for event in events:
        for line in event.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                found.append(choices[0]["delta"].get("content") or "" if choices else "")
    return "".join(found)


async def turns(http: httpx.AsyncClient) -> None:
    """Gives the simulator time to do what it would: it answers another connection, several times over."""
    for _ in range(3):
        await http.get("/_sim/health")


async def plain_text(http: httpx.AsyncClient, scenario: str) -> str:
    """What the same request is answered with, without its fault."""
    answer = await http.post(CHAT, json=body(scenario), headers={"x-simulate": "ok"})
    return str(answer.json()["choices"][0]["message"]["content"])
