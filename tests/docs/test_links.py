"""Links between the pages lead somewhere, and pictures can be shown."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.docs.pages import PAGES, REPOSITORY, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    broken = [link for link in links(page) if "://" not in link and not _leads_somewhere(page, link)]

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    folders = "|".join(path.name for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != ".")
    named = re.findall(rf"`(?:python )?((?:{folders})/[\w./-]*)", page.read_text(encoding="utf-8"))

    assert [path for path in named if not (REPOSITORY / path).exists()] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(REPOSITORY) or not target.exists():
        return False
    return not anchor or anchor in anchors(target)


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    found = {REPOSITORY / "README.md"}
    waiting = list(found)
    while waiting:
        page = waiting.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page) if "://" not in link}
        new = {target for target in targets if target.suffix == ".md"} - found
        found |= new
        waiting += new

    assert set() == set(PAGES) - found


def test_the_picture_says_in_words_what_it_shows() -> None:
    picture = ElementTree.parse(REPOSITORY / "docs/architecture.svg").getroot()
    names = {child.tag.rpartition("}")[2]: child for child in picture}

    assert picture.get("aria-labelledby") == f"{names['title'].get('id')} {names['desc'].get('id')}"
