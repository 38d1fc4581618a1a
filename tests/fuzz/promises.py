"""What holds for whatever is understood, of whatever bytes.

Knows the promises of drafts. Must never know how a parser keeps them.
"""

import re
from functools import cache
from pathlib import Path

from feeds.draft import Document, Draft, Habits, Refused
from feeds.parse import understand
from feeds.taxonomy import Taxonomy

__all__ = ["check"]

_TAXONOMY = Path(__file__).parents[2] / "config" / "taxonomies" / "osce.toml"
_ADDRESS = "https://www.osce.org/odihr/123456"
_SCHEMES = ("http://", "https://")
# In a text it is a word like any other.
_SCRIPT_LINK = re.compile("<a [^<>]*javascript:")


@cache
def _taxonomy() -> Taxonomy:
    return Taxonomy.from_toml(_TAXONOMY.read_text("utf-8"))


def check(body: bytes, form: str) -> None:
    """Raises AssertionError where what is understood of ``body`` breaks a promise."""
    document = Document(
        source="fuzz",
        name="document",
        body=body,
        url=_ADDRESS,
    )
    understood = understand(document, _taxonomy(), Habits(form=form))
    if isinstance(understood, Refused):
        assert str(understood), "a refusal says why"
        return
    for draft in understood.drafts:
        _check_draft(draft)
    if understood.next_page:
        assert understood.next_page.startswith(_SCHEMES), understood.next_page


def _check_draft(draft: Draft) -> None:
    assert draft.title, "an item has a title"
    for line in (draft.title, draft.summary, *draft.paragraphs):
        assert len(line.splitlines()) <= 1, f"one line each: {line!r}"
        assert "\0" not in line, f"no NUL: {line!r}"
        line.encode()  # no lone surrogate
    markup = draft.markup.lower()
    assert "<script" not in markup, "no scripts"
    assert not _SCRIPT_LINK.search(markup), "no script links"
    for address in (draft.url, *draft.also_at, *(each.url for each in draft.enclosures)):
        assert address is None or address.startswith(_SCHEMES), f"an address: {address!r}"
