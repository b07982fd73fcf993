"""Refuses changes of proto/ that would break clients of the last release, whose contract is proto/baseline.binpb.

buf compares files, messages, fields and RPCs by the rules that buf.yaml names. It does not look into google.api.http,
so the REST paths are compared here.

The baseline is a file, not a git reference: a shallow clone or an unpacked archive has no history to compare with, and
the newest commit of a branch is no promise that anybody was given. `--release` alone renews it, when a version is
released; it refuses to when the old one is broken.

Exit status: 0 nothing breaks, 1 something does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

REPOSITORY = Path(__file__).resolve().parent.parent
BASELINE = Path("proto/baseline.binpb")
VERBS = ("get", "put", "post", "delete", "patch")

Binding = tuple[str, str, str]
"""HTTP verb, path, and what of the request message is the body."""


def buf(root: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Runs the buf of this Python's environment in `root`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    return subprocess.run(["buf", *words], cwd=root, env=environment, check=False, input=stdin, stdout=subprocess.PIPE)


def contract(root: Path, *options: str) -> bytes:
    """The contract in `root` as it stands, as a serialized `FileDescriptorSet`."""
    built = buf(root, "build", "proto", *options, "-o", "-#format=binpb")
    built.check_returncode()
    return built.stdout


def bindings(descriptors: bytes) -> dict[Binding, str]:
    """Every REST path, and the RPC that answers it."""
    found = {}
    for file in FileDescriptorSet.FromString(descriptors).file:
        for service in file.service:
            for method in service.method:
                rpc = f"{file.package}.{service.name}.{method.name}"
                found.update(dict.fromkeys(_rules(method.options.Extensions[annotations_pb2.http]), rpc))
    return found


def _rules(rule: annotations_pb2.http_pb2.HttpRule) -> Iterator[Binding]:
    for verb in VERBS:
        if rule.HasField(verb):
            yield verb.upper(), getattr(rule, verb), rule.body
    for further in rule.additional_bindings:
        yield from _rules(further)


def breaks(root: Path) -> list[str]:
    """What in `root` breaks its baseline, one line each."""
    now = contract(root)  # with source info, for the line numbers in buf's report
    compared = buf(root, "breaking", "-#format=binpb", "--against", str(BASELINE), "--config", "buf.yaml", stdin=now)
    found = compared.stdout.decode().splitlines()
    if not found:
        compared.check_returncode()  # buf itself failed, and has said why
    released, today = bindings((root / BASELINE).read_bytes()), bindings(now)
    for binding, rpc in released.items():
        if today.get(binding) != rpc:
            verb, path, body = binding
            found.append(f"REST: {verb} {path} (body: {body or 'none'}) no longer leads to {rpc}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="make the contract of today the baseline")
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="folder with buf.yaml (default: this repository)")
    options = parser.parse_args(arguments)
    baseline = options.root / BASELINE
    if baseline.exists():
        found = breaks(options.root)
        if found:
            print(*found, sep="\n")
            print("These changes break clients of the last release. What must change goes into modelmuxer.v2.")
            return 1
    elif not options.release:
        print(f"{BASELINE} is missing: there is nothing to compare with")
        return 1
    if options.release:
        baseline.write_bytes(contract(options.root, "--exclude-source-info"))
        print(f"written: {BASELINE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
