"""An item page as the site prints it: with a list of labels (form A), or place and day (form B).

Knows the order of menu, head, labels, text and footer in form A, the site of 2025 and later, and of
newsroom, title, place and day, picture and text in form B, that of 2001 to 2021. Must never know
other forms, or whether an item was seen before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, takewhile

from feeds.draft import Draft, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dateline, dates
from feeds.parse.bytes import Lines, bullet, excerpt
from feeds.parse.dateline import PlaceAndDay
from feeds.parse.prose import prose
from feeds.parse.text import clean, genre, labels, opening
from feeds.parse.text.labels import Labels
from feeds.parse.text.opening import Opening
from feeds.parse.text.text_page import TextPage
from feeds.taxonomy import Slot, Taxonomy

# -- Form A: labels --------------------------------------------------------------------------------

FORM_A = "A"

# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200
# Above the labels an event's page may say when and where, each a heading and a line.
_MOST_HEAD_LINES = 10


def labelled(page: TextPage) -> Parsed | Refused | None:
    """The item of a page in form A, or why it has none; None for a page in another form."""
    lines, taxonomy = page.lines, page.taxonomy
    start = labels.start_of(lines, taxonomy)
    if start is None:
        lines = labels.marked(lines, taxonomy) or ()
        start = labels.start_of(lines, taxonomy)
    if start is None:
        return None
    printed = labels.read(lines, start, taxonomy)
    below = lines[printed.end :]
    top = _head_above(lines[:start], below[:2], taxonomy)
    if top is None:
        return None
    # The list items a text opens with: labels that nobody knows are among them.
    items = takewhile(lambda line: bullet(line) is not None, below)
    unlisted = (*printed.unlisted, *items)
    above = lines[max(0, start - _MOST_HEAD_LINES) : start]
    refused = None if page.habits.forced else _not_news(top, printed, (above, unlisted), taxonomy)
    if refused is not None:
        return refused
    paragraphs = clean.paragraphs(below, top.title, taxonomy)
    return _cut_off(top, paragraphs) or _labelled_item(top, printed, paragraphs, page)


def _labelled_item(
    top: Draft, printed: Labels, paragraphs: tuple[str, ...], page: TextPage
) -> Parsed | Refused:
    issuers = labels.topics(TopicKind.ISSUER, printed.values(Slot.ISSUERS), page.taxonomy)
    fields = labels.topics(TopicKind.FIELD, printed.values(Slot.FIELDS), page.taxonomy)
    if len(issuers) + len(fields) > _MOST_TOPICS:
        evidence = f"it names {len(issuers)} issuers and {len(fields)} fields of work"
        return Refused(reason=Reason.NOT_NEWS, evidence=evidence)
    opening = dateline.find(paragraphs[0], page.habits.date_style)
    dated = (*printed.values(Slot.ISSUED), *printed.values(Slot.PUBLISHED))
    draft = replace(
        top,
        paragraphs=paragraphs,
        url=page.document.url,
        issued=labels.issued(dated, opening, page.habits.date_style),
        dateline=opening.text if opening else None,
        language=labels.one_language(printed.texts, page.taxonomy),
        content_type=top.content_type or labels.kind(printed.values(Slot.KIND), page.taxonomy),
        issuers=issuers,
        fields=fields,
    )
    return Parsed(form=FORM_A, drafts=(draft,))


def _not_news(
    top: Draft, printed: Labels, around: tuple[Lines, Lines], taxonomy: Taxonomy
) -> Refused | None:
    """Why a page with labels is not news; ``around`` are the lines above and the other labels. A
    known kind says that it is.

    Event pages have fields of work too, and who organizes them; but they are not issued, or say
    when and where. Pages of other kinds, vacancies among them, may be issued by somebody.
    """
    above, unlisted = around
    kind = top.content_type or labels.kind(printed.values(Slot.KIND), taxonomy)
    if kind is not None and kind.slug is not None:
        return None
    evidence = None
    if kind is not None and genre.is_other_kind(kind.text):
        evidence = f"its kind is {excerpt(kind.text)}"
    elif shown := genre.event([*above, *unlisted], taxonomy) or genre.shown_by(unlisted):
        evidence = shown
    elif printed.listed == {Slot.FIELDS}:
        evidence = f"nobody issued {excerpt(top.title)} and its kind is unknown"
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence) if evidence else None


def _cut_off(top: Draft, paragraphs: Sequence[str]) -> Refused | None:
    if not top.title:
        return Refused(reason=Reason.INCOMPLETE, evidence="no title stands above its labels")
    if not paragraphs:
        evidence = f"nothing follows the labels of {excerpt(top.title)}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    # The first paragraph repeats the subtitle: one that stops on the way is where the text ends.
    only = paragraphs[0] if len(paragraphs) == 1 else top.summary
    if only != top.summary and top.summary.startswith(only):
        evidence = f"it ends within the first paragraph of {excerpt(top.title)}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    return None


# -- Kind, title and subtitle above the labels -----------------------------------------------------

# Three lines, and a few that some version of the menu left behind.
_MOST_LINES_OF_HEAD = 6
# A kind is a short name ("Spot report"), never a sentence.
_LONGEST_KIND_CHARS = 40
_MOST_KIND_WORDS = 4


def _head_above(above: Lines, opening: Sequence[str], taxonomy: Taxonomy) -> Draft | None:
    """A draft of the head in the lines above the first label, its title empty where the page has
    none; None where they are no head.

    ``opening`` are the first paragraphs of the body: the one line above that they repeat is the
    subtitle, whatever stands before it.
    """
    if printed := _bulleted(above, opening, taxonomy):
        return printed
    items = (at + 1 for at in reversed(range(len(above))) if bullet(above[at]) is not None)
    lines = above[next(items, 0) :][-_MOST_LINES_OF_HEAD:]
    # A title may stand twice; a kind that is its item's title too ("Weekly report") stays.
    nearest = [*lines[:1], *(line for line, _ in groupby(lines[1:]))]
    kinds = [(at, kind) for at, line in enumerate(nearest) if (kind := taxonomy.kind_label(line))]
    if kinds:
        at, kind = kinds[0]
        return _titled(kind, nearest[at + 1 :], 1)
    subtitle_at = _repeated_in(opening, nearest) or _usual_place(nearest)
    if subtitle_at is None:
        return None
    return _titled(_unknown_kind(nearest[: subtitle_at - 1]), nearest, subtitle_at)


def _bulleted(above: Lines, opening: Sequence[str], taxonomy: Taxonomy) -> Draft | None:
    """The head whose title starts like a list item: "- 15 officers trained".

    Only a known kind right above it, and a subtitle that the body repeats, tell it from a menu.
    """
    nearest = [*above[-3:]]
    if len(nearest) < 3 or not (title := bullet(nearest[1])):
        return None
    kind = taxonomy.kind_label(nearest[0])
    if kind is None or not any(_repeats(paragraph, nearest[2]) for paragraph in opening):
        return None
    return Draft(form=FORM_A, title=title, summary=nearest[2], content_type=kind)


def _repeats(paragraph: str, line: str) -> bool:
    """Whether a paragraph says a line again: alone, behind a dateline, or before more text."""
    return paragraph.startswith(line) or paragraph.endswith(line)


def _titled(kind: Label | None, lines: Lines, subtitle_at: int) -> Draft:
    title = lines[subtitle_at - 1] if lines else ""
    summary = " ".join(lines[subtitle_at:])
    return Draft(form=FORM_A, title=title, summary=summary, content_type=kind)


def _repeated_in(opening: Sequence[str], lines: Lines) -> int | None:
    places = (
        at
        for at in range(len(lines) - 1, 0, -1)
        if any(_repeats(paragraph, lines[at]) for paragraph in opening)
    )
    return next(places, None)


def _usual_place(lines: Lines) -> int | None:
    """Where the subtitle would stand if the lines were kind, title and subtitle."""
    match len(lines):
        case 2 if lines[1].endswith(".") or not _is_short(lines[0]):
            return 1
        case 0 | 1 | 2 as count:
            return count
        case 3:
            return 2
        case _:
            return None


def _unknown_kind(lines: Lines) -> Label | None:
    if not lines or not _is_short(lines[-1]):
        return None
    return Label(kind=TopicKind.TYPE, text=lines[-1], slug=None)


def _is_short(line: str) -> bool:
    return (
        len(line) <= _LONGEST_KIND_CHARS
        and len(line.split()) <= _MOST_KIND_WORDS
        and line[-1].isalnum()
    )


# -- Form B: place and day -------------------------------------------------------------------------

FORM_B = "B"

# No menu is longer.
_FARTHEST_NEWSROOM = 400
# Below the title, and a subtitle or the title's second half at most.
_MOST_LINES_ABOVE = 2
# With a kind, and the title twice.
_MOST_LINES_BELOW_NEWSROOM = 6
# A line that names the picture, and its caption.
_MOST_PICTURE_LINES = 3


@dataclass(frozen=True, slots=True)
class _PlacedHead:
    """What is above the text; ``below`` is the text, picture and all."""

    top: Opening
    subtitle: str
    line: PlaceAndDay
    below: Lines


def placed(page: TextPage) -> Parsed | Refused | None:
    """The article of a page in form B, or why it has none; None for a page in another form."""
    style = page.habits.date_style
    tops = (opening.of_lines(start, page.taxonomy, style) for start in _starts(page))
    heads = (_placed_head(top, page) for top in chain(tops, (page.top,)))
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
    return Parsed(form=FORM_B, drafts=(_placed_draft(head, paragraphs, page),))


def _event(head: _PlacedHead, page: TextPage) -> Refused | None:
    """Why a place and a day are those of an event: when, where and by whom follow, before any
    text. What the newsroom or a kind above the title calls news is an invitation at most.
    """
    if head.top.in_newsroom or head.top.kind or page.habits.forced:
        return None
    above_text = list(takewhile(lambda line: not prose([line]), head.below))
    found = genre.event(above_text, page.taxonomy)
    return Refused(reason=Reason.NOT_NEWS, evidence=found) if found else None


def _starts(page: TextPage) -> Iterator[Lines]:
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


def _placed_draft(head: _PlacedHead, paragraphs: tuple[str, ...], page: TextPage) -> Draft:
    printed = dateline.find(paragraphs[0], page.habits.date_style)
    return Draft(
        form=FORM_B,
        title=head.top.title,
        summary=head.subtitle,
        paragraphs=paragraphs,
        url=page.document.url,
        issued=Issued(day=head.line.day, origin=IssuedFrom.LINE) if head.line.day else None,
        dateline=printed.text if printed else None,
        content_type=head.top.kind,
    )


def _placed_head(top: Opening | None, page: TextPage) -> _PlacedHead | None:
    """The head of a page if a line of place and day is in it.

    Out of the newsroom only a place in capitals without a comma behind it is such a line: with
    one it is a dateline, and "Spot Report 3 June 2021" is a title.
    """
    if top is None:
        return None
    for at, text in enumerate(top.printed_below[: _MOST_LINES_ABOVE + 1]):
        line = dateline.line(text, page.habits.date_style) or _bare(text, page)
        if line is None:
            continue
        if top.in_newsroom or (line.day and line.place.isupper() and "," not in text):
            return _PlacedHead(
                top, " ".join(top.printed_below[:at]), line, top.printed_below[at + 1 :]
            )
    return None


def _bare(text: str, page: TextPage) -> PlaceAndDay | None:
    """A line that is a day and nothing else."""
    day = dates.whole_day(text, page.habits.date_style)
    return PlaceAndDay(place="", day=day) if day else None


def _may_be_line(text: str) -> bool:
    return dateline.line(text) is not None or dates.whole_day(text) is not None


def _without_picture(lines: Lines, page: TextPage) -> Lines:
    """The lines behind a picture's caption; what stands above the caption names the picture."""
    for at, line in enumerate(lines[:_MOST_PICTURE_LINES]):
        if dateline.find(line):
            return lines
        if clean.is_caption(line, page.taxonomy):
            return lines[at + 1 :]
    return lines
