"""Form A: an item page of the site of 2025 as text, its labels as a list.

Knows the order of menu, head, labels, body and footer. Must never know other forms, or whether
an item was seen before.
"""

from collections.abc import Sequence
from itertools import takewhile

from feeds.draft import Draft, Parsed, Reason, Refused
from feeds.model import TopicKind
from feeds.parse import dateline
from feeds.parse.bytes import Lines, bullet, excerpt
from feeds.parse.text import clean, facts, head, labels, signs
from feeds.parse.text.head import Head
from feeds.parse.text.labels import Labels
from feeds.parse.text.reading import Reading
from feeds.taxonomy import Slot, Taxonomy

FORM = "A"

# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200
# Above the labels an event's page may say when and where, each a heading and a line.
_MOST_HEAD_LINES = 10


def parse(page: Reading) -> Parsed | Refused | None:
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
    top = head.read(lines[:start], below[:2], taxonomy)
    if top is None:
        return None
    unlisted = (*printed.unlisted, *_items(below))
    above = lines[max(0, start - _MOST_HEAD_LINES) : start]
    refused = None if page.habits.forced else _not_news(top, printed, (above, unlisted), taxonomy)
    if refused is not None:
        return refused
    paragraphs = clean.paragraphs(below, top.title, taxonomy)
    return _cut_off(top, paragraphs) or _item(top, printed, paragraphs, page)


def _item(
    top: Head, printed: Labels, paragraphs: tuple[str, ...], page: Reading
) -> Parsed | Refused:
    issuers = facts.topics(TopicKind.ISSUER, printed.values(Slot.ISSUERS), page.taxonomy)
    fields = facts.topics(TopicKind.FIELD, printed.values(Slot.FIELDS), page.taxonomy)
    if len(issuers) + len(fields) > _MOST_TOPICS:
        evidence = f"it names {len(issuers)} issuers and {len(fields)} fields of work"
        return Refused(reason=Reason.NOT_NEWS, evidence=evidence)
    opening = dateline.find(paragraphs[0], page.order)
    dated = (*printed.values(Slot.ISSUED), *printed.values(Slot.PUBLISHED))
    draft = Draft(
        form=FORM,
        title=top.title,
        summary=top.subtitle,
        paragraphs=paragraphs,
        url=page.document.url,
        issued=facts.issued(dated, opening, page.order),
        dateline=opening.text if opening else None,
        language=facts.one_language(tuple(group.text for group in printed.groups), page.taxonomy),
        content_type=top.kind or facts.kind(printed.values(Slot.KIND), page.taxonomy),
        issuers=issuers,
        fields=fields,
    )
    return Parsed(form=FORM, drafts=(draft,))


def _items(below: Lines) -> Lines:
    """The list items a text opens with: labels that nobody knows are among them."""
    return list(takewhile(lambda line: bullet(line) is not None, below))


def _not_news(
    top: Head, printed: Labels, around: tuple[Lines, Lines], taxonomy: Taxonomy
) -> Refused | None:
    """Why a page with labels is not news; ``around`` are the lines above and the other labels. A
    known kind says that it is.

    Event pages have fields of work too, and who organizes them; but they are not issued, or say
    when and where. Pages of other kinds, vacancies among them, may be issued by somebody.
    """
    above, unlisted = around
    kind = top.kind or facts.kind(printed.values(Slot.KIND), taxonomy)
    if kind is not None and kind.slug is not None:
        return None
    evidence = None
    if kind is not None and signs.is_other_kind(kind.text):
        evidence = f"its kind is {excerpt(kind.text)}"
    elif shown := signs.event([*above, *unlisted], taxonomy) or signs.shown_by(unlisted):
        evidence = shown
    elif printed.listed == {Slot.FIELDS}:
        evidence = f"nobody issued {excerpt(top.title)} and its kind is unknown"
    return Refused(reason=Reason.NOT_NEWS, evidence=evidence) if evidence else None


def _cut_off(top: Head, paragraphs: Sequence[str]) -> Refused | None:
    if not top.title:
        return Refused(reason=Reason.INCOMPLETE, evidence="no title stands above its labels")
    if not paragraphs:
        evidence = f"nothing follows the labels of {excerpt(top.title)}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    # The first paragraph repeats the subtitle: one that stops on the way is where the text ends.
    only = paragraphs[0] if len(paragraphs) == 1 else top.subtitle
    if only != top.subtitle and top.subtitle.startswith(only):
        evidence = f"it ends within the first paragraph of {excerpt(top.title)}"
        return Refused(reason=Reason.INCOMPLETE, evidence=evidence)
    return None
