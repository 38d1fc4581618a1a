"""What becomes of a draft: a new item, a revision of a known one, or nothing.

Knows what was remembered, as far as it is told. Must never know how it is remembered.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC
from functools import cache

from feeds.model import Draft, Issued

__all__ = [
    "Added",
    "Decision",
    "Known",
    "Revised",
    "Unchanged",
    "decide",
    "item_key",
    "substance",
]

_NUMBER_AT_THE_END = re.compile(r"/(\d{5,})/?(?:[?#].*)?$")
_MARK = re.compile(r"[^\w\s]|_")
# Longer than any word. A text with a longer one is compared as it stands: sorting the accents of a
# long run takes quadratic time in unicodedata.
_LONGEST_WORD_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An item as far as a decision needs it; its slug names it."""

    slug: str
    revision: int
    content_hash: str
    substance: str


@dataclass(frozen=True, slots=True)
class Added:
    """Nobody knew it."""


@dataclass(frozen=True, slots=True)
class Revised:
    """The known item says something else now; ``significant`` if readers should look again."""

    item: Known
    significant: bool


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The item says this already; ``renamed`` if it was not known by this key."""

    item: Known
    renamed: bool


Decision = Added | Revised | Unchanged


def decide(draft: Draft, content_hash: str, known: Known | None, twin: Known | None) -> Decision:
    """What becomes of ``draft``.

    ``known`` is the item its key stands for; ``twin`` one that says the very same, under whatever
    key. A revision is significant if title, summary, body or issue date differ by more than white
    space and punctuation (`substance`); what is filed otherwise, is in another language or lost a
    comma reaches readers of the feed without being announced as new (RFC 4287, section 4.2.15).
    """
    if known is None:
        return Unchanged(twin, renamed=True) if twin else Added()
    if known.content_hash == content_hash:
        return Unchanged(known, renamed=False)
    said = substance(draft.title, draft.summary, draft.body, draft.issued)
    return Revised(known, significant=said != known.substance)


def item_key(name: str, draft: Draft, *, alone: bool) -> str:
    """What a draft is known by within its source.

    The number its address ends in, which survives moves and mirrors; one of fewer than five
    digits may be a day or a year. Else the document's name; one of several drafts adds its title,
    as positions in a list change.
    """
    if number := _NUMBER_AT_THE_END.search(draft.url or ""):
        return f"/{number[1]}"
    return name if alone else f"{name}#{_plain(draft.title)}"


def substance(title: str, summary: str, body: str, issued: Issued | None) -> str:
    """Equal for two texts whose readers would learn the same."""
    day = _instant(issued) if issued else ""
    said = "\0".join([*map(_plain, (title, summary, body)), day])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _instant(issued: Issued) -> str:
    return (issued.at.astimezone(UTC) if issued.at else issued.day).isoformat()


def _plain(text: str) -> str:
    """``text`` without punctuation, its words one space apart."""
    return " ".join(_MARK.sub(_unmarked, _composed(text)).split())


def _composed(text: str) -> str:
    longest = max(map(len, text.split()), default=0)
    return text if longest > _LONGEST_WORD_CHARS else unicodedata.normalize("NFC", text)


def _unmarked(mark: re.Match[str]) -> str:
    return " " if _is_punctuation(mark[0]) else mark[0]


@cache
def _is_punctuation(character: str) -> bool:
    # Punctuation, control and format characters, accents of their own such as an ASCII quote;
    # not currency and mathematics: 5 % and 5 $ are not the same.
    category = unicodedata.category(character)
    return category[0] in "PC" or category == "Sk"
