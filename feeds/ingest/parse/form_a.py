"""Form A: an item page of the site of 2025 as text, its labels as a list.

Knows the order of menu, head, labels, body and footer. Must never know other forms, or whether
an item was seen before.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, takewhile

from feeds.ingest.parse import dateline, dates, head, labels
from feeds.ingest.parse.dateline import Dateline
from feeds.ingest.parse.head import Head
from feeds.ingest.parse.labels import Labels
from feeds.ingest.parse.lines import Lines, excerpt
from feeds.model import (
    Document,
    Draft,
    Issued,
    IssuedFrom,
    Label,
    Parsed,
    Reason,
    Refused,
    TopicKind,
)
from feeds.taxonomy import Slot, Taxonomy

FORM = "A"

# Items carry a handful of topics. A page that names more is none, and would flood every list.
_MOST_TOPICS = 200


def parse(lines: Lines, document: Document, taxonomy: Taxonomy) -> Parsed | Refused | None:
    """The item of a page in form A, or why it has none; None for a page in another form."""
    start = labels.start_of(lines, taxonomy)
    if start is None:
        return None
    printed = labels.read(lines, start, taxonomy)
    paragraphs = _body(lines[printed.end :], taxonomy)
    top = head.read(lines[:start], paragraphs[:2], taxonomy)
    if top is None or not _is_news(top, printed):
        return None
    if refused := _cut_off(top, paragraphs):
        return refused
    return _item(top, printed, paragraphs, document, taxonomy)


def _item(
    top: Head, printed: Labels, paragraphs: tuple[str, ...], document: Document, taxonomy: Taxonomy
) -> Parsed | Refused:
    issuers = _topics(TopicKind.ISSUER, printed.values(Slot.ISSUERS), taxonomy)
    fields = _topics(TopicKind.FIELD, printed.values(Slot.FIELDS), taxonomy)
    if len(issuers) + len(fields) > _MOST_TOPICS:
        evidence = f"it names {len(issuers)} issuers and {len(fields)} fields of work"
        return Refused(reason=Reason.NOT_NEWS, evidence=evidence)
    opening = dateline.find(paragraphs[0])
    draft = Draft(
        form=FORM,
        title=top.title,
        summary=top.subtitle,
        paragraphs=paragraphs,
        url=document.url,
        issued=_issued(printed.values(Slot.ISSUED), opening),
        dateline=opening.text if opening else None,
        content_type=top.kind,
        issuers=issuers,
        fields=fields,
    )
    return Parsed(form=FORM, drafts=(draft,))


def _is_news(top: Head, printed: Labels) -> bool:
    # Event pages have fields of work too, and who organizes them; but they are not issued.
    known_kind = top.kind is not None and top.kind.slug is not None
    return known_kind or printed.listed != {Slot.FIELDS}


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


def _body(lines: Lines, taxonomy: Taxonomy) -> tuple[str, ...]:
    article = takewhile(lambda line: not taxonomy.is_end(line), lines)
    paragraphs = [paragraph for paragraph, _ in groupby(article)]
    # The opening printed twice, with and without its dateline.
    shorter, *longer = sorted(paragraphs[:2], key=len) or [""]
    if longer and longer[0].endswith(shorter) and dateline.find(longer[0]):
        paragraphs[:2] = longer
    return tuple(paragraphs)


def _topics(kind: TopicKind, printed: Iterable[str], taxonomy: Taxonomy) -> tuple[Label, ...]:
    once: dict[str, Label] = {}
    for text in printed:
        for label in taxonomy.resolve(kind, text):
            once.setdefault(label.slug or f"?{label.text}", label)
    return tuple(once.values())


def _issued(printed: Sequence[str], opening: Dateline | None) -> Issued | None:
    for text in printed:
        if day := dates.only_day(text):
            return Issued(day=day, at=dates.instant(text), origin=IssuedFrom.LABEL)
    if opening is not None and opening.day is not None:
        return Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    return None
