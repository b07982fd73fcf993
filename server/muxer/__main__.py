"""The command `modelmuxer`. The client alone does not bring what it needs: that is the extra `server`."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command, or says what to install."""
    try:
        from muxer.cli.main import app  # noqa: PLC0415 - the message below is for those who lack its packages
    except ModuleNotFoundError as error:
        sys.exit(
            f"modelmuxer: the command needs the server's packages ({error.name} is missing): "
            "pip install 'modelmuxer[server]'"
        )
    app()


if __name__ == "__main__":
    main()
