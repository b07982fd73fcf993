"""`modelmuxer classify --in`: prompts in bulk, in their order, whatever stands in a line."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from muxer.cli import label_lines
from muxer.core.intent import LABELS

from tests.cli.processes import MODELMUXER, environment, run

PICTURE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
LINES = [
    {"id": "small talk", "text": "Hello, how are you?"},
    {"id": 2, "messages": [{"role": "user", "content": "Translate 'good night' into Italian."}], "text": "Hello"},
    {"id": "attached", "text": "How much is the total?", "has_image": True},
    {"id": "shown", "messages": [{"role": "user", "content": [{"type": "text", "text": "And this one?"}, PICTURE]}]},
    {"id": "follows", "messages": [
        {"role": "user", "content": "Write a Python function that adds two numbers."},
        {"role": "assistant", "content": "def add(a, b): return a + b"},
        {"role": "user", "content": "same in Rust"},
    ]},
    {"id": "more fields than needed", "text": "What is the capital of Peru?", "source": "x", "lang": "en"},
]  # fmt: skip
LABELLED = ["chat_lite", "translation", "vision", "vision", "code_gen", "chat_lite"]


def write(folder: Path, *lines: object) -> Path:
    """A file of these lines: texts as they are, everything else as JSON."""
    path = folder / "in.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def labelled(folder: Path, *lines: object, enabled: bool = True) -> list[dict[str, object]]:
    """What becomes of these lines."""
    label_lines.run(write(folder, *lines), folder / "out.jsonl", enabled=enabled)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_line_gets_its_label_and_a_confidence_in_the_order_of_the_file(tmp_path):
    found = labelled(tmp_path, *LINES)

    assert [line["id"] for line in LINES] == [line["id"] for line in found]
    assert [line["label"] for line in found] == LABELLED
    assert all(line.keys() == {"id", "label", "confidence"} and 0 < line["confidence"] <= 1 for line in found)


def test_the_same_lines_get_the_same_bytes(tmp_path):
    source = write(tmp_path, *LINES)
    for name in ("one", "other"):
        assert label_lines.run(source, tmp_path / name, enabled=True) == 0

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_picture_belongs_to_the_last_turn_of_the_user_though_an_answer_follows(tmp_path):
    long_task = "Write a Python function that parses dates, " * 10
    turns = [{"role": "user", "content": long_task}, {"role": "assistant", "content": "Yes?"}]
    (line,) = labelled(tmp_path, {"id": 1, "messages": turns, "has_image": True})

    assert line["label"] == "vision"


@pytest.mark.parametrize(
    "line",
    [
        {"text": ""},
        {"messages": []},
        {"has_image": True},
        {"messages": [{"role": "assistant", "content": None}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}]},
        {"text": "a" * 1_000_000},
        {"text": "\u0000\u0007 \u202eabc \ud7ff\ue000 你好 שלום привет"},
        {"text": "half a pair \ud83d of surrogates"},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": "http://x/y.png", "text": None}]}
            ]
        },
        {"text": "no picture", "has_image": None},
        {"text": '{"id": 1, "label": "vision", "confidence": 1.0}'},
    ],
    ids=lambda line: str(line)[:40],
)
def test_odd_lines_get_a_label_too(tmp_path, line):
    (found,) = labelled(tmp_path, {"id": 1, **line})

    assert found["label"] in LABELS
    assert 0 < found["confidence"] <= 1


def test_half_a_surrogate_pair_in_an_id_is_given_back(tmp_path):
    (found,) = labelled(tmp_path, {"id": "\ud83d", "text": "Hello"})

    assert found["id"] == "\ud83d"


def test_the_mark_that_editors_put_before_utf_8_is_passed_over(tmp_path):
    (found,) = labelled(tmp_path, "\ufeff" + json.dumps(LINES[0]))

    assert found["id"] == LINES[0]["id"]


def test_switched_off_nothing_is_known_of_any_line(tmp_path):
    assert {(line["label"], line["confidence"]) for line in labelled(tmp_path, *LINES, enabled=False)} == {
        ("unknown", 0.0)
    }


BAD = ['{"id": 1}', '{"text": "secret"}', "secret", "[" * 100_000, '{"id": 1, "text": "secret', '{"id": 1, "text": 7}']


def test_bad_lines_are_told_by_number_not_quoted_and_left_out(tmp_path, capsys):
    source = write(tmp_path, LINES[0], "", *BAD, LINES[1])

    assert label_lines.run(source, tmp_path / "out.jsonl", enabled=True) == 1
    said = capsys.readouterr().err
    assert re.findall(r"line (\d+):", said) == ["3", "4", "5", "6", "7", "8"]
    assert "secret" not in said
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_of_very_many_bad_lines_only_the_first_are_told_one_by_one(tmp_path, capsys):
    label_lines.run(write(tmp_path, *["no"] * 50), tmp_path / "out.jsonl", enabled=True)
    said = capsys.readouterr().err

    assert said.count("line ") == 10
    assert "40 lines more" in said


def test_a_file_is_not_written_over_while_it_is_read(tmp_path):
    source = write(tmp_path, *LINES)
    before = source.read_bytes()

    assert label_lines.run(source, source, enabled=True) == 2
    assert source.read_bytes() == before


def test_the_command_reads_and_writes_files_and_obeys_the_settings(tmp_path):
    source, out = write(tmp_path, *LINES), tmp_path / "out.jsonl"
    done = run("classify", "--in", str(source), "--out", str(out))
    off = run("classify", "--in", str(source), variables={"ROUTER_INTENT_CLASSIFIER_ENABLED": "false"})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [json.loads(line)["label"] for line in out.read_text().splitlines()] == LABELLED
    assert {json.loads(line)["label"] for line in off.stdout.splitlines()} == {"unknown"}


def test_it_needs_no_numpy_and_can_stand_in_a_pipe():
    code = "import sys; sys.modules['numpy'] = None; from muxer.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "classify", "--in", "-", "--out", "-"],
        input="\n".join(map(json.dumps, LINES)),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stderr == ""
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == LABELLED


def test_on_a_terminal_many_lines_show_how_far_it_is(tmp_path):
    source = write(tmp_path, *LINES * 1_000)
    ours, theirs = pty.openpty()
    command = [*MODELMUXER, "classify", "--in", str(source), "--out", str(tmp_path / "out.jsonl")]
    with subprocess.Popen(command, env=environment({"TERM": "xterm"}), stderr=theirs) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while chunk := os.read(ours, 4096):
                said += chunk
        os.close(ours)

    assert process.returncode == 0
    assert re.search(rb"[0-9],000 lines", said)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "give a PROMPT, or a file"),
        (("Hello", "--in", "in.jsonl"), "not both"),
        (("Hello", "--out", "out.jsonl"), "--out goes with --in"),
        (("--in", "nowhere.jsonl"), "nowhere.jsonl"),
    ],
)
def test_wrong_arguments_are_explained(words, what):
    done = run("classify", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr
