"""Writes what the environment may hold, out of the tables that the server reads it by: `.env.example`, and the tables
in docs/configuration.md.

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
PAGE = Path("docs/configuration.md")
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


def variables() -> str:
    """The settings as a table in Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for variable in VARIABLES:
        default = text(variable.default)
        rows.append(f"| `{variable.name}` | {default and f'`{default}`'} | {variable.description} |")
    return "\n".join(rows) + "\n"


def providers() -> str:
    """The built-in providers as a table in Markdown."""
    rows = ["| provider | dialect | key |", "|---|---|---|"]
    rows += [f"| `{row.name}` | `{row.dialect}` | `{row.key_variable}` |" for row in PROVIDERS.values()]
    return "\n".join(rows) + "\n"


TABLES = {"variables": variables, "providers": providers}
"""The tables of the page, by the name that stands in the comments around them."""


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
    page = (REPOSITORY / path).read_text(encoding="utf-8")
    for name, table in TABLES.items():
        begin, end = f"<!-- begin {name}: written by tools/env_example.py -->\n", f"<!-- end {name} -->\n"
        before, found, rest = page.partition(begin)
        _, found_too, after = rest.partition(end)
        if not found or not found_too:
            sys.exit(f"{path} has lost the lines around its table: {begin}{end}")
        page = f"{before}{begin}{table()}{end}{after}"
    return page


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    options = parser.parse_args(arguments)
    stale = 0
    for path in (EXAMPLE, PAGE):
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
