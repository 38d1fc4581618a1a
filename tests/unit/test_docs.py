"""The papers say what is so: tables are made anew from what they tell of, links lead somewhere."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from config.manual import reference
from tests import year
from tests.accuracy.measure import markdown
from tests.papers import REPORTS, commands, incidents, names, pieces, requests, scopes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAPERS = [
    *sorted(ROOT.glob("*.md")),
    *sorted(DOCS.rglob("*.md")),
]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
#: A module or folder of ours, as the papers name them.
_PLACE = re.compile(r"`((?:config|feeds|notifier|tests|docs|seeds)/[\w./-]*)`")


@pytest.mark.parametrize(
    ("paper", "name", "made"),
    [
        ("settings.md", "settings", reference),
        ("commands.md", "commands", commands),
        ("measured.md", "accuracy", markdown),
        ("subscribers.md", "year", year.table),
        ("mail-templates.md", "pieces", pieces),
        ("operate/health.md", "incidents", incidents),
        ("api.md", "scopes", scopes),
        ("api.md", "requests", requests),
    ],
)
def test_a_table_says_what_is_so(
    paper: str, name: str, made: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    """`pytest --regenerate` writes the tables anew."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    text = (DOCS / paper).read_text("utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    wanted = f"{before}{begin}\n{made().rstrip()}\n\n{end}{after}"
    if request.config.getoption("--regenerate"):
        (DOCS / paper).write_text(wanted, encoding="utf-8")
    else:
        assert text == wanted


def test_the_commands_are_all_listed() -> None:
    """The page is made of the command line; what it is made of names every command there is."""
    assert {"init", "run", "items merge", "accounts add"} <= set(names())
    assert set(REPORTS) - {"topics --unknown"} <= set(names())


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_what_a_paper_points_to_is_there(paper: Path) -> None:
    """Links between the papers and the places in the house that they name."""
    text = paper.read_text("utf-8")
    linked = [link.partition("#")[0] for link in _LINK.findall(text) if "://" not in link]
    named = [place for place in _PLACE.findall(text) if "..." not in place]
    missing = [link for link in linked if link and not (paper.parent / link).exists()]
    missing += [place for place in named if not (ROOT / place).exists()]
    assert missing == []


def test_every_decision_is_listed_and_numbered_in_order() -> None:
    """The index of the decisions names each file once, and no number is left out."""
    files = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    listed = re.findall(
        r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "decisions/README.md").read_text("utf-8")
    )
    assert listed == files
    assert [int(name[:4]) for name in files] == [*range(1, len(files) + 1)]
