"""The gateway benchmark runs, and its figures have the form that is documented. How large they are is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.gateway.measurement import PATHS, SCENES
from benchmarks.gateway.report import Report
from benchmarks.gateway.stages import BUDGET, FACES, STAGES, Profile

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.xdist_group("benchmark"), pytest.mark.timeout(120)]


def run(*arguments: str) -> str:
    """What the command prints for the shortest of measurements."""
    command = [sys.executable, "-m", "benchmarks.gateway", "--rounds", "1", "--seconds", "0.01", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_path_is_measured_with_every_workload(tmp_path):
    printed = run("--quick", "--json", str(tmp_path / "figures.json"))
    report = msgspec.json.decode((tmp_path / "figures.json").read_bytes(), type=Report)

    measured = [(r.path, r.workload, r.concurrency, r.pause_ms) for r in report.results]
    assert measured == [(p, s.workload.name, s.concurrency, s.pause_s * 1000) for s in SCENES for p in PATHS]
    for result in report.results:
        assert result.requests >= result.concurrency
        assert result.requests_per_s.median > 0
        assert (result.added_p50_ms is None) == (result.path == "upstream")
        assert (result.gateway_cpu_us is not None) == (result.path in ("floor", "grpc", "rest"))
        assert (result.envoy_cpu_us is not None) == (result.path in ("passthrough", "rest"))
        for cpu in (result.gateway_cpu_us, result.envoy_cpu_us):
            assert cpu is None or 0 < cpu.low <= cpu.median <= cpu.high
    assert all(used.after > 10 for used in report.memory_mb.values())
    assert all(scene.workload.name in printed for scene in SCENES)


def test_the_profile_has_all_stages_of_both_faces(tmp_path):
    printed = run("--quick", "--profile", "--json", str(tmp_path / "profile.json"))
    found = msgspec.json.decode((tmp_path / "profile.json").read_bytes(), type=Profile)

    assert list(found.stages_us) == list(FACES)
    for stages in found.stages_us.values():
        assert set(stages) == {stage for share in BUDGET for stage in share.stages}
        assert all(stages[stage].median > 0 for stage in STAGES)
    assert all(share.name in printed for share in BUDGET)
