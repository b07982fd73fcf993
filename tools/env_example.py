"""Writes what the environment may hold, out of the tables that the server reads it by: `.env.example`, and the table in
docs/configuration.md.

Exit status: 0 all is well, 1 with `--check` when a file is stale.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from muxer.providers.provider_rows import PROVIDERS
from muxer.settings import VARIABLES, Variable

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = Path(".env.example")
TABLE = Path("docs/configuration.md")
BEGIN = "<!-- begin: written by tools/env_example.py -->\n"
END = "<!-- end -->\n"
WIDTH = 100

HEADER = """\
# What ModelMuxer reads from the environment, with its defaults. Written by tools/env_example.py.
#
# Copy it to .env, take the # away where you set something, and load it before you start:
#   set -a; . ./.env; set +a
# deploy/compose.yaml reads .env by itself. An empty value counts as unset.
"""


def example() -> str:
    """The text of `.env.example`."""
    keys = "".join(f"#{row.key_variable}=\n" for row in PROVIDERS.values() if row.key_variable)
    parts = [HEADER, f"# Keys of the providers. Those without one are left out.\n{keys}"]
    parts += [f"{_comment(variable)}#{variable.name}={text(variable.default)}\n" for variable in VARIABLES]
    return "\n".join(parts)


def table() -> str:
    """The same as a table in Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for row in PROVIDERS.values():
        if row.key_variable:
            rows.append(f"| `{row.key_variable}` | | Key of the provider `{row.name}`. |")
    for variable in VARIABLES:
        default = text(variable.default)
        rows.append(f"| `{variable.name}` | {default and f'`{default}`'} | {variable.description} |")
    return "\n".join(rows) + "\n"


def text(default: object) -> str:
    """A default as one would write it into the environment."""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _comment(variable: Variable) -> str:
    lines = textwrap.wrap(variable.description.replace("`", ""), WIDTH, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def fresh(path: Path) -> str:
    """What the file should hold."""
    if path == EXAMPLE:
        return example()
    before, begin, rest = (REPOSITORY / path).read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path} has lost the lines between which the table stands: {BEGIN}{END}")
    return f"{before}{BEGIN}{table()}{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    options = parser.parse_args(arguments)
    stale = 0
    for path in (EXAMPLE, TABLE):
        place, content = REPOSITORY / path, fresh(path)
        if place.exists() and place.read_text(encoding="utf-8") == content:
            continue
        stale += 1
        print(f"{'stale' if options.check else 'written'}: {path}")
        if not options.check:
            place.write_text(content, encoding="utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
