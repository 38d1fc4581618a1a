"""One entry of a listing: its title, address, day, lead and labels.

Knows how an entry is put together, and that some are no news. Must never know what stands around
it, or when a page is a listing.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

from feeds.draft import DateStyle, Draft, Habits
from feeds.model import IssuedFrom, Label, TopicKind
from feeds.parse import dates
from feeds.parse.html import issue_date
from feeds.parse.html.printed import label_of
from feeds.parse.html.tree import Node, absolute, attribute, lines_in, one_line, said
from feeds.parse.text import genre, labels
from feeds.parse.words import any_of
from feeds.taxonomy import Slot, Taxonomy

FORM = "listing"

_DIGIT = re.compile("[0-9]")
_FEWEST_LEAD_CHARS = 30
_LONGEST_LABEL_CHARS = 60
_LONGEST_TOPICS_CHARS = 200
_LONGEST_REMEMBERED_CHARS = 200
_MOST_REMEMBERED = 1_024
# An organisation, and the ways its publishers write days.
_MOST_READERS = 16
# Beside its date a line holds a word or a clock time.
_MOST_BESIDE_DATE_CHARS = 25
# "Published: 3 September 2026 | Last updated: 26 November 2026".
_LONGEST_DATES_CHARS = 120
_BETWEEN = re.compile(r"\s[|·•]\s")
# One of them may be of a date that is told.
_FEWEST_EVENT_LABELS = 2


@dataclass(slots=True, kw_only=True)
class EntryParts:
    """The elements of one entry, as far as they were told apart."""

    whole: Node
    titles: list[Node] = field(default_factory=list)
    links: list[Node] = field(default_factory=list)
    dates: list[Node] = field(default_factory=list)
    leads: list[Node] = field(default_factory=list)


class EntryLine(NamedTuple):
    """What one line of an entry is by itself."""

    text: str
    label: labels.Beside | None
    kind: Label | None = None
    is_date: bool = False
    is_event_label: bool = False
    names_other_date: bool = False
    names_other_kind: bool = False


def read(parts: EntryParts, base: str | None, taxonomy: Taxonomy, habits: Habits) -> Draft | None:
    """What an entry says; None without a title or an address, or for an event: it says when and
    where, or is called one.
    """
    link = _link(parts)
    title = _title(parts, link)
    url = absolute(base, attribute(link, "href")) if link is not None else None
    if not title or url is None:
        return None
    style = habits.date_style
    remembered = _remembered(taxonomy, style)
    lines = [
        remembered(text) if len(text) <= _LONGEST_REMEMBERED_CHARS else _line(text, taxonomy, style)
        for text in lines_in(parts.whole)
        if text != title
    ]
    printed = _printed(lines)
    kind = _kind(lines, printed, taxonomy)
    if kind is not None and kind.slug is None and genre.is_other_kind(kind.text):
        return None
    # Few entries have such a line, and what stands behind it is of another date.
    others = [line for line in lines if line.names_other_date or line.names_other_kind]
    if others and _is_of_event(others, kind):
        return None
    told = pairwise(lines) if others else ()
    behind = [line.text for before, line in told if before.names_other_date]
    return Draft(
        form=FORM,
        title=title,
        summary=one_line(parts.leads[0].text()) if parts.leads else _lead(lines, taxonomy),
        partial=True,
        url=url,
        issued=issue_date.stated(
            _dates(parts.dates, lines, printed, behind), style, IssuedFrom.LISTING
        ),
        content_type=kind,
        issuers=_topics(TopicKind.ISSUER, printed, lines, taxonomy),
        fields=_topics(TopicKind.FIELD, printed, lines, taxonomy),
    )


def _is_of_event(others: Sequence[EntryLine], kind: Label | None) -> bool:
    """Whether lines that name other dates and kinds say when and where, or what else it is."""
    if sum(line.is_event_label for line in others) >= _FEWEST_EVENT_LABELS:
        return True
    return kind is None and any(line.names_other_kind for line in others)


def _link(parts: EntryParts) -> Node | None:
    """The link of the title, or around it, or the one that says most."""
    for title in parts.titles[:1]:
        above = title.parent
        if above is not None and above.tag == "a" and above.attributes.get("href"):
            return above
        within = [title] if title.tag == "a" else title.css("a[href]")
        while not within and above is not None and above.is_element_node:
            within = [above] if above.tag == "a" and above.attributes.get("href") else []
            if above.mem_id == parts.whole.mem_id:
                break
            above = above.parent
        if within:
            return within[0]
    if parts.whole.tag == "a":
        return parts.whole
    links = parts.links or parts.whole.css("a[href]")
    return max(links, key=lambda link: len(_own_words(link)), default=None)


def _title(parts: EntryParts, link: Node | None) -> str:
    if parts.titles:
        return said(parts.titles[0])
    if link is None:
        return ""
    if link.mem_id == parts.whole.mem_id:
        lines = [line for line in lines_in(link) if not dates.mentions(line)]
        return lines[0] if lines else ""
    return _own_words(link) or attribute(link, "title")


def _own_words(link: Node) -> str:
    words = said(link)
    return "" if _more().fullmatch(words) else words


@cache
def _more() -> re.Pattern[str]:
    words = any_of("more", str, tail=20)
    return re.compile(rf"{words}|[»›→>\s]*", re.IGNORECASE)


def _line(text: str, taxonomy: Taxonomy, style: DateStyle) -> EntryLine:
    label = labels.beside(text, taxonomy) if ":" in text else None
    # What is longer is a lead.
    if len(text) > _LONGEST_DATES_CHARS:
        return EntryLine(text, label)
    is_short = len(text) <= _LONGEST_LABEL_CHARS
    is_event_label = is_short and taxonomy.is_event_label(text.partition(":")[0])
    is_date = _DIGIT.search(text) is not None and _holds_date(text, style)
    return EntryLine(
        text=text,
        label=label,
        kind=taxonomy.kind_label(text) if is_short else None,
        is_date=is_date and not is_event_label,
        is_event_label=is_event_label,
        names_other_date=is_event_label or (is_short and not is_date and label_of(text) == "other"),
        names_other_kind=is_short and not _DIGIT.search(text) and genre.is_other_kind(text),
    )


def _holds_date(text: str, style: DateStyle) -> bool:
    return any(_is_date(part, style) for part in _published(text))


# Asked of a line and of the element it is in.
@lru_cache(maxsize=_MOST_REMEMBERED)
def _published(text: str) -> tuple[str, ...]:
    """The parts of a line that are not of another date: "Published: X | Last updated: Y" is X."""
    parts = _BETWEEN.split(text) if _BETWEEN.search(text) else [text]
    # Most are a date and nothing else.
    return tuple(part for part in parts if part[:1].isdigit() or label_of(part) != "other")


@lru_cache(maxsize=_MOST_READERS)
def _remembered(taxonomy: Taxonomy, style: DateStyle) -> Callable[[str], EntryLine]:
    """What lines are that recur from entry to entry, and each time a listing is fetched."""
    return lru_cache(maxsize=_MOST_REMEMBERED)(partial(_line, taxonomy=taxonomy, style=style))


def _printed(lines: Sequence[EntryLine]) -> Mapping[Slot, str]:
    """What the first label of each slot announces, on its line or the next."""
    found: dict[Slot, str] = {}
    for at, line in enumerate(lines):
        if (label := line.label) is not None:
            following = lines[at + 1].text if at + 1 < len(lines) else ""
            found.setdefault(label.slot, label.value or following)
    return found


def _kind(
    lines: Sequence[EntryLine], printed: Mapping[Slot, str], taxonomy: Taxonomy
) -> Label | None:
    value = printed.get(Slot.KIND, "")
    named = _kind_of(value, taxonomy)
    if named is None:
        named = next((line.kind for line in lines if line.kind is not None), None)
    return named or labels.kind([value], taxonomy)


@lru_cache(maxsize=256)
def _kind_of(text: str, taxonomy: Taxonomy) -> Label | None:
    return taxonomy.kind_label(text) if len(text) <= _LONGEST_LABEL_CHARS else None


def _dates(
    nodes: Iterable[Node],
    lines: Sequence[EntryLine],
    printed: Mapping[Slot, str],
    others: Container[str],
) -> Iterator[str]:
    """The last text of the date's element, of a label, and each line that is a date, but none of
    the ``others``.
    """
    for node in nodes:
        # The site of old wrote "Publishing date:" and the date as texts of one element.
        within = (line for line in lines_in(node) if line not in others)
        told = [part for line in within for part in _published(line)]
        if told:
            yield attribute(node, "datetime")
            yield from reversed(told)
    for slot in (Slot.PUBLISHED, Slot.ISSUED):
        yield from _published(printed.get(slot, ""))
    for line in lines:
        if line.is_date and line.text not in others:
            yield from _published(line.text)


def _is_date(line: str, style: DateStyle) -> bool:
    if len(line) > 2 * _MOST_BESIDE_DATE_CHARS or not _DIGIT.search(line):
        return False
    found = dates.mentions(line, style)
    return len(found) == 1 and len(line) - (found[0].end - found[0].start) < _MOST_BESIDE_DATE_CHARS


def _lead(lines: Sequence[EntryLine], taxonomy: Taxonomy) -> str:
    # The longest one is the lead unless it is something else, so few are looked at.
    long = [line for line in lines if len(line.text) >= _FEWEST_LEAD_CHARS]
    for line in sorted(long, key=lambda line: len(line.text), reverse=True):
        if line.label is None and not line.is_date and not _is_known(line.text, taxonomy):
            return line.text
    return ""


def _topics(
    kind: TopicKind,
    printed: Mapping[Slot, str],
    lines: Sequence[EntryLine],
    taxonomy: Taxonomy,
) -> tuple[Label, ...]:
    """What a label names; without any labels, the lines that are nothing but known names."""
    if printed:
        text = printed.get(Slot.ISSUERS if kind is TopicKind.ISSUER else Slot.FIELDS)
        return taxonomy.resolve(kind, text) if text else ()
    found = []
    for line in lines:
        if len(line.text) <= _LONGEST_TOPICS_CHARS:
            topics = taxonomy.resolve(kind, line.text)
            if topics and all(label.slug for label in topics):
                found.append(line.text)
    return labels.topics(kind, found, taxonomy)


def _is_known(text: str, taxonomy: Taxonomy) -> bool:
    if len(text) > _LONGEST_TOPICS_CHARS:
        return False
    kinds = (TopicKind.ISSUER, TopicKind.FIELD)
    return any(label.slug for kind in kinds for label in taxonomy.resolve(kind, text)[:1])
