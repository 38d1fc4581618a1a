"""Form B: an article of the site of 2001 to 2021, the place and day in a line below its title.

Knows the order of newsroom, title, place and date, picture, dateline and text. Must never know
other forms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, takewhile

from feeds.draft import Draft, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom
from feeds.parse import dateline, dates
from feeds.parse.bytes import Lines, excerpt
from feeds.parse.dateline import PlaceAndDay
from feeds.parse.text import clean, opening, signs
from feeds.parse.text.opening import Opening
from feeds.parse.text.reading import Reading

FORM = "B"

# No menu is longer.
_FARTHEST_NEWSROOM = 400
# Below the title, and a subtitle or the title's second half at most.
_MOST_LINES_ABOVE = 2
# With a kind, and the title twice.
_MOST_LINES_BELOW_NEWSROOM = 6
# A line that names the picture, and its caption.
_MOST_PICTURE_LINES = 3


@dataclass(frozen=True, slots=True)
class _Head:
    """What is above the text; ``below`` is the text, picture and all."""

    top: Opening
    subtitle: str
    line: PlaceAndDay
    below: Lines


def parse(page: Reading) -> Parsed | Refused | None:
    """The article of a page in form B, or why it has none; None for a page in another form."""
    tops = (opening.of_lines(start, page) for start in _starts(page))
    heads = (_head(top, page) for top in chain(tops, (opening.of_page(page),)))
    head = next((found for found in heads if found is not None), None)
    if head is None:
        return None
    if refused := _event(head, page):
        return refused
    below = _without_picture(head.below, page)
    paragraphs = clean.paragraphs(below, head.top.title, page.taxonomy)
    if not paragraphs:
        evidence = f"nothing follows {excerpt(head.line.place)} below {excerpt(head.top.title)}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    return Parsed(form=FORM, drafts=(_draft(head, paragraphs, page),))


def _event(head: _Head, page: Reading) -> Refused | None:
    """Why a place and a day are those of an event: when, where and by whom follow, before any
    text. What the newsroom or a kind above the title calls news is an invitation at most.
    """
    if head.top.in_newsroom or head.top.kind or page.habits.forced:
        return None
    above_text = list(takewhile(lambda line: not signs.prose([line]), head.below))
    found = signs.event(above_text, page.taxonomy)
    return Refused(reason=Reason.NOT_NEWS, evidence=found) if found else None


def _starts(page: Reading) -> Iterator[Lines]:
    """What follows a line of the newsroom, the last one first, as a menu without marks may stand
    before it.
    """
    farthest = min(len(page.lines), _FARTHEST_NEWSROOM)
    for at in range(farthest - 1, 0, -1):
        # Most lines of a menu begin with its mark.
        if not page.lines[at][0].isalpha() or not page.taxonomy.is_newsroom(page.lines[at]):
            continue
        near = page.lines[at + 1 : at + 1 + _MOST_LINES_BELOW_NEWSROOM]
        # Asked before anything is copied: a hostile page may hold nothing but such lines.
        if any(_may_be_line(line) for line in near):
            yield page.lines[at:]


def _draft(head: _Head, paragraphs: tuple[str, ...], page: Reading) -> Draft:
    printed = dateline.find(paragraphs[0], page.order)
    return Draft(
        form=FORM,
        title=head.top.title,
        summary=head.subtitle,
        paragraphs=paragraphs,
        url=page.document.url,
        issued=Issued(day=head.line.day, origin=IssuedFrom.LINE) if head.line.day else None,
        dateline=printed.text if printed else None,
        content_type=head.top.kind,
    )


def _head(top: Opening | None, page: Reading) -> _Head | None:
    """The head of a page if a line of place and day is in it.

    Out of the newsroom only a place in capitals without a comma behind it is such a line: with
    one it is a dateline, and "Spot Report 3 June 2021" is a title.
    """
    if top is None:
        return None
    for at, text in enumerate(top.printed_below[: _MOST_LINES_ABOVE + 1]):
        line = dateline.line(text, page.order) or _bare(text, page)
        if line is None:
            continue
        if top.in_newsroom or (line.day and line.place.isupper() and "," not in text):
            return _Head(top, " ".join(top.printed_below[:at]), line, top.printed_below[at + 1 :])
    return None


def _bare(text: str, page: Reading) -> PlaceAndDay | None:
    """A line that is a day and nothing else."""
    day = dates.whole_day(text, page.order)
    return PlaceAndDay(place="", day=day) if day else None


def _may_be_line(text: str) -> bool:
    return dateline.line(text) is not None or dates.whole_day(text) is not None


def _without_picture(lines: Lines, page: Reading) -> Lines:
    """The lines behind a picture's caption; what stands above the caption names the picture."""
    for at, line in enumerate(lines[:_MOST_PICTURE_LINES]):
        if dateline.find(line):
            return lines
        if clean.is_caption(line, page.taxonomy):
            return lines[at + 1 :]
    return lines
