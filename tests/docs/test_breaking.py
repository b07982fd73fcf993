"""A change of the contract that breaks the clients of the last release is caught; one that adds to it is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY
from tools.breaking import BASELINE, main

CHAT = "proto/modelmuxer/v1/chat.proto"
ROUTER = "proto/modelmuxer/v1/router_service.proto"


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    """A copy of the contract, released as it is."""
    shutil.copytree(REPOSITORY / "proto", tmp_path / "proto")
    shutil.copy(REPOSITORY / "buf.yaml", tmp_path)
    (tmp_path / BASELINE).unlink()
    assert main(["--root", str(tmp_path), "--release"]) == 0
    return tmp_path


def change(root: Path, file: str, before: str, after: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(before) == 1
    (root / file).write_text(text.replace(before, after), encoding="utf-8")


def test_the_contract_keeps_what_was_released() -> None:
    assert main([]) == 0


def test_an_unchanged_contract_breaks_nothing(contract: Path) -> None:
    assert main(["--root", str(contract)]) == 0


def test_a_removed_field_is_caught(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(contract, CHAT, "  bytes provider_state = 9;\n", "")

    assert main(["--root", str(contract)]) == 1
    assert 'field "9" with name "provider_state" on message "ChatMessage" was deleted' in capsys.readouterr().out


def test_a_field_of_another_type_is_caught(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(contract, CHAT, "int64 pico_usd = 2;", "double pico_usd = 2;")

    assert main(["--root", str(contract)]) == 1
    assert "pico_usd" in capsys.readouterr().out


def test_a_moved_rest_path_is_caught(contract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(contract, ROUTER, 'post: "/v1/route"', 'post: "/v1/routes"')

    assert main(["--root", str(contract)]) == 1
    assert "REST: POST /v1/route (body: *) no longer leads to modelmuxer.v1.RouterService.Route\n" in (
        capsys.readouterr().out
    )


def test_a_new_field_breaks_nothing_and_may_be_released(contract: Path) -> None:
    change(contract, CHAT, "  string price_version = 3;\n", "  string price_version = 3;\n  string note = 4;\n")
    released = (contract / BASELINE).read_bytes()

    assert main(["--root", str(contract)]) == 0
    assert main(["--root", str(contract), "--release"]) == 0
    assert released != (contract / BASELINE).read_bytes()

    change(contract, CHAT, "  string note = 4;\n", "")

    assert main(["--root", str(contract)]) == 1


def test_what_breaks_cannot_be_released(contract: Path) -> None:
    released = (contract / BASELINE).read_bytes()
    change(contract, CHAT, "  bytes provider_state = 9;\n", "")

    assert main(["--root", str(contract), "--release"]) == 1
    assert released == (contract / BASELINE).read_bytes()


def test_without_a_baseline_nothing_passes(contract: Path) -> None:
    (contract / BASELINE).unlink()

    assert main(["--root", str(contract)]) == 1
