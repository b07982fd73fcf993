"""Becomes another program that ends when its parent does (Linux). Run as a script: `leash.py <parent's pid> <command>`.

The kernel sends it SIGTERM the moment the parent is gone, however that came about. The setting survives `exec`. This
is a program and not a `preexec_fn` because code between fork and exec may deadlock when the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: str, *command: str) -> None:
    """Replaces this process by `command`; ends it when `parent` is gone already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - a command without a shell is the point
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(*sys.argv[1:])
