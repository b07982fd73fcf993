"""Between a caller and a provider who both speak OpenAI's chat completions, bytes go through."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import up

ODD_MESSAGES = '[{"role": "user",  "content": "caf\\u00e9 1.0", "x_mark": {"n": 12345678901234567890}}]'
ODD_TOOLS = '[{"type":"function","function":{"name":"f","parameters":{"type":"object","minimum":1.0,"x":1e400}}}]'
ANSWER = (
    b'{"id":"cmpl-7","object":"chat.completion","created":7,"model":"odd-1","x_new":{"big":12345678901234567890},'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"Hi","x_part":1.50},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}'
)
EVENTS = (
    b'{"id":"c","object":"chat.completion.chunk","created":7,"model":"odd-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}',
    b'{"id":"c","object":"chat.completion.chunk","created":7,"model":"odd-1","choices":[{"index":0,"delta":{"content":"Hi","x_part":1.50},"finish_reason":null}],"usage":null}',
    b'{"id":"c","object":"chat.completion.chunk","created":7,"model":"odd-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}',
    b'{"id":"c","object":"chat.completion.chunk","created":7,"model":"odd-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}',
    b"[DONE]",
)


class Recorder(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that keeps the bytes that it was sent."""

    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).bodies.append(body)
        stream = b'"stream":true' in body.replace(b" ", b"")
        answer = b"".join(b"data: " + event + b"\n\n" for event in EVENTS) if stream else ANSWER
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        return


@contextlib.contextmanager
def recorder() -> Iterator[tuple[str, list[bytes]]]:
    kind = type("OwnRecorder", (Recorder,), {"bodies": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", kind.bodies  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[bytes]]]:
    """The product with one provider, that is configured and nothing else, and what that provider is sent."""
    folder = tmp_path_factory.mktemp("odd")
    with recorder() as (url, bodies):
        config = Path(folder) / "modelmuxer.yaml"
        price = "{input_per_1k_usd: 0.001, output_per_1k_usd: 0.002, context_window: 8192, capabilities: {tools: true}}"
        config.write_text(f'providers: {{odd: {{base_url: "{url}", models: {{odd-1: {price}}}}}}}')
        with up(folder, "--config", str(config)) as running:
            yield running.rest, bodies


def ask(odd: tuple[str, list[bytes]], extra: str = "") -> tuple[httpx.Response, dict[str, object], bytes]:
    rest, bodies = odd
    body = f'{{"model":"odd:odd-1","messages":{ODD_MESSAGES},"tools":{ODD_TOOLS},"x_top":[1.0,2e3]{extra}}}'
    answer = httpx.post(f"{rest}/v1/chat/completions", content=body.encode(), timeout=20)
    assert answer.status_code == 200, answer.text
    return answer, json.loads(bodies[-1]), bodies[-1]


def test_long_parts_and_unknown_fields_reach_the_provider_byte_for_byte(odd):
    _, sent, raw = ask(odd, ',"routing":{"preset":"economy"},"max_tokens":9')

    assert ODD_MESSAGES.encode() in raw
    assert ODD_TOOLS.encode() in raw
    assert b'"x_top":[1.0,2e3]' in raw
    assert (sent["model"], sent["max_completion_tokens"]) == ("odd-1", 9)
    assert not {"routing", "max_tokens"} & set(sent)


def test_an_answer_comes_back_byte_for_byte_but_for_the_routing(odd):
    answer, _, _ = ask(odd)

    assert answer.content.startswith(ANSWER[:-1] + b',"router_metadata":{')
    assert answer.json()["router_metadata"]["actual_cost_pico_usd"] == 3 * 1_000_000 + 1 * 2_000_000


@pytest.mark.parametrize("usage", [True, False])
def test_events_of_a_stream_come_back_with_their_unknown_fields(odd, usage):
    options = ',"stream":true' + (',"stream_options":{"include_usage":true}' if usage else "")
    answer, sent, _ = ask(odd, options)
    events = [e.removeprefix("data: ") for e in answer.text.split("\n\n") if e]

    assert sent["stream_options"] == {"include_usage": True}
    assert '"x_part":1.50' in events[1]
    assert [("usage" in json.loads(e)) for e in events[:-1]] == [usage] * (len(events) - 1)
    assert events[-1] == "[DONE]"
    last = json.loads(events[-2])
    assert last["router_metadata"]["actual_cost_pico_usd"] == 3 * 1_000_000 + 1 * 2_000_000
    assert (last["choices"] == []) == usage
