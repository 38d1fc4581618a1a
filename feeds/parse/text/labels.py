"""The label lines between an item's head and its body, and what their values say.

Knows how labels and values alternate ("- Issued by:", "- Secretariat"), and how printed values
become topics, a kind, a day, a language. Must never know the head or the body.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from feeds.draft import DateStyle
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dates
from feeds.parse.bytes import Lines, bullet
from feeds.parse.dateline import Dateline
from feeds.taxonomy import Slot, Taxonomy

# Labels that follow each other; a page with more is none of ours.
MOST_BESIDE = 20
# Labels and values in one list.
_MOST_ITEMS = 2_000
# A colon further along ends no label.
_LONGEST_LABEL_CHARS = 60
# What values can tell of the label above them, in a language nobody listed, unless another label
# on the page says so already.
_TOLD_BY_VALUES = ((TopicKind.ISSUER, Slot.ISSUERS), (TopicKind.FIELD, Slot.FIELDS))
# Labels of items that lost their marks: two or more, with values between them.
_OF_ITEMS = frozenset({Slot.ISSUED, Slot.ISSUERS, Slot.FIELDS})
_FEWEST_UNMARKED = 2
_MOST_UNMARKED = 12
# A list of names, of which one is enough.
_MOST_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The ``printed`` values, each with the slot its label announces; the body starts at ``end``.

    ``listed`` are the slots of the labels that are known themselves, with or without values, and
    ``unlisted`` those labels that are not, ``texts`` all labels.
    """

    printed: tuple[tuple[Slot, str], ...]
    listed: frozenset[Slot]
    unlisted: tuple[str, ...]
    texts: tuple[str, ...]
    end: int

    def values(self, slot: Slot) -> tuple[str, ...]:
        """Everything printed below the labels of one slot."""
        return tuple(value for named, value in self.printed if named is slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A known label with its value, "" for none, on one line; ``text`` is without the colon."""

    text: str
    slot: Slot
    value: str


def start_of(lines: Lines, taxonomy: Taxonomy) -> int | None:
    """The line of the first label in the list that holds a known one; None without one."""
    items = ((at, bullet(line)) for at, line in enumerate(lines) if ":" in line)
    places = (at for at, item in items if item is not None and _slot(item, taxonomy))
    known = next(places, None)
    if known is None:
        return None
    first_item = known
    while first_item > 0 and bullet(lines[first_item - 1]) is not None:
        first_item -= 1
    return next(at for at in range(first_item, known + 1) if at == known or lines[at].endswith(":"))


def marked(lines: Lines, taxonomy: Taxonomy) -> Lines | None:
    """The lines with the marks of list items that labels and their values lost; None where no two
    labels stand near each other, each alone on its line.

    What follows the last label is its value if it names something known.
    """
    slots = {
        at: slot
        for at, line in enumerate(lines)
        if line[-1] == ":" and (slot := taxonomy.slot(line)) in _OF_ITEMS
    }
    first = min(slots, default=0)
    near = [at for at in slots if at < first + _MOST_UNMARKED]
    if len({slots[at] for at in near}) < _FEWEST_UNMARKED:
        return None
    last = near[-1]
    has_value = last + 1 < len(lines) and _is_value(lines[last + 1], slots[last], taxonomy)
    end = last + 1 + has_value
    return [*lines[:first], *(f"- {line}" for line in lines[first:end]), *lines[end:]]


def _is_value(line: str, slot: Slot, taxonomy: Taxonomy) -> bool:
    kinds = [kind for kind, told in _TOLD_BY_VALUES if told is slot]
    return any(label.slug for kind in kinds for label in taxonomy.resolve(kind, line[:_MOST_CHARS]))


def read(lines: Lines, start: int, taxonomy: Taxonomy) -> Labels:
    """The labels from line ``start``, that of a label, to the first line that is no list item.

    An unknown label behind the last known one ("- When:") opens the body.
    """
    near = map(bullet, lines[start : start + _MOST_ITEMS])
    items = [item for item in takewhile(lambda item: item is not None, near) if item is not None]
    listed = {at: slot for at, item in enumerate(items) if (slot := _slot(item, taxonomy))}
    places = [at for at, item in enumerate(items) if at in listed or item.endswith(":")]
    untold = tuple(told for told in _TOLD_BY_VALUES if told[1] not in listed.values())
    values: dict[int, tuple[str, ...]] = {}
    slots: dict[int, Slot | None] = {}
    for at, behind in zip(places, [*places, len(items)][1:], strict=True):
        below = (items[at].partition(":")[2].strip(), *items[at + 1 : behind])
        values[at] = tuple(value for value in below if value)
        slots[at] = listed.get(at) or _told_by(values[at], untold, taxonomy)
    last = max(at for at, slot in slots.items() if slot)
    names = {at: items[at].partition(":")[0] for at in places if at <= last}
    texts = {at: name for at, name in names.items() if name}
    return Labels(
        printed=tuple((slot, value) for at, slot in slots.items() if slot for value in values[at]),
        listed=frozenset(listed.values()),
        unlisted=tuple(text for at, text in texts.items() if at not in listed),
        texts=tuple(texts.values()),
        end=start + next((at for at in places if at > last), len(items)),
    )


def beside(line: str, taxonomy: Taxonomy) -> Beside | None:
    """The label of a line such as "Publishing date: 22 January 2025", if it is a known one."""
    colon = line.find(":", 0, _LONGEST_LABEL_CHARS)
    if colon < 0 or (slot := taxonomy.slot(line[: colon + 1])) is None:
        return None
    return Beside(text=line[:colon], slot=slot, value=line[colon + 1 :].strip())


def above(lines: Lines, taxonomy: Taxonomy) -> tuple[Beside, ...]:
    """The labels that the lines open with, their values on the same lines."""
    found = (beside(line, taxonomy) for line in lines[:MOST_BESIDE])
    return tuple(label for label in takewhile(lambda label: label is not None, found) if label)


def _slot(item: str, taxonomy: Taxonomy) -> Slot | None:
    name, colon, _ = item.partition(":")
    return taxonomy.slot(name + colon)


def _told_by(
    values: Sequence[str], untold: Sequence[tuple[TopicKind, Slot]], taxonomy: Taxonomy
) -> Slot | None:
    for kind, slot in untold:
        labels = [label for value in values for label in taxonomy.resolve(kind, value)]
        if labels and all(label.slug for label in labels):
            return slot
    return None


# -- What values say -------------------------------------------------------------------------------

# Pages are localised in part: an English label says nothing of the others.
_ENGLISH = "en"

# Hundreds of names; what is longer is no list.
_LONGEST_LIST_CHARS = 20_000


def topics(of: TopicKind, printed: Iterable[str], taxonomy: Taxonomy) -> tuple[Label, ...]:
    """The topics several printed lists name, each once."""
    lists = tuple(printed)
    if len(lists) == 1:
        return taxonomy.resolve(of, lists[0][:_LONGEST_LIST_CHARS])
    once: dict[str, Label] = {}
    for text in lists:
        for label in taxonomy.resolve(of, text[:_LONGEST_LIST_CHARS]):
            once.setdefault(label.slug or f"?{label.text}", label)
    return tuple(once.values())


def kind(printed: Iterable[str], taxonomy: Taxonomy) -> Label | None:
    """The first printed kind, known or not."""
    for text in printed:
        if text:
            unknown = Label(kind=TopicKind.TYPE, text=text, slug=None)
            return taxonomy.kind_label(text) or unknown
    return None


def issued(printed: Iterable[str], opening: Dateline | None, style: DateStyle) -> Issued | None:
    """The issue date a label's value names, else that of the dateline."""
    for text in printed:
        if day := dates.only_day(text, style):
            return Issued(day=day, at=dates.instant(text), origin=IssuedFrom.LABEL)
    if opening is not None and opening.day is not None:
        return Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    return None


@lru_cache(maxsize=512)
def one_language(printed: tuple[str, ...], taxonomy: Taxonomy) -> str | None:
    """The one language that writes all these labels so, of those labels that are not English; None
    where they leave it open.

    "Izdavač" is Bosnian, Croatian or Serbian; beside "Oblasti delovanja" it is Serbian.
    """
    spoken = map(taxonomy.languages_of, printed)
    foreign = [found for found in spoken if found and _ENGLISH not in found]
    found = frozenset.intersection(*foreign) if foreign else frozenset()
    return next(iter(found)) if len(found) == 1 else None
