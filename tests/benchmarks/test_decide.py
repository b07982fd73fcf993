"""The speed of decisions: what is measured is what is decided, and the picture holds all of it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from benchmarks.decide import LENGTHS, draw, measure, of_length, request_of, world

SVG = "{http://www.w3.org/2000/svg}"


def test_a_prompt_has_exactly_the_length_asked_for() -> None:
    assert [len(request_of(length).messages[0].content) for length in LENGTHS] == list(LENGTHS)


def test_a_call_is_made_in_every_round_and_its_times_are_in_order() -> None:
    calls: list[int] = []
    times = measure(lambda: calls.append(1), rounds=100)

    assert len(calls) == 100 + 10
    assert 0 < times.p50 <= times.p99


def test_the_picture_has_a_line_for_the_decision_and_one_for_its_reading(tmp_path: Path) -> None:
    lengths = [of_length(characters, world(), rounds=3) for characters in (500, 4_000, 16_000)]
    draw(lengths, tmp_path / "speed.svg")
    lines = ElementTree.parse(tmp_path / "speed.svg").getroot().findall(f"{SVG}polyline")

    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3]
    assert all(found.reading.p50 < found.decision.p50 for found in lengths)
