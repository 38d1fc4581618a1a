"""The labels a page prints, "Issued by", the values that stand with them, and its labelled days.

Knows how labels and values follow each other in lists, definition lists and plain blocks. Must
never know what is done with them, or what the page's metadata say.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from feeds.draft import DateStyle
from feeds.model import Issued, IssuedFrom, TopicKind
from feeds.parse import dates
from feeds.parse.bytes import bullet
from feeds.parse.sanitise import Block
from feeds.parse.text import labels
from feeds.parse.words import any_of, fold, plain
from feeds.taxonomy import Slot, Taxonomy

_KINDS = {Slot.ISSUERS: TopicKind.ISSUER, Slot.FIELDS: TopicKind.FIELD, Slot.KIND: TopicKind.TYPE}
# Values of these go on until the next label, those of others end with one block.
_LISTS = frozenset({"li", "dd"})
# Elements that are labels by what they are; the text of others needs a colon.
_NAMING = frozenset({"dt", "th"})
_LONGEST_VALUE_CHARS = 500
_LONGEST_LABEL_CHARS = 60
#: A label stands right before its date.
LONGEST_DAY_LABEL_CHARS = 60
#: A date, and a word or two around it; a sentence holds dates of events.
LONGEST_DAY_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What labels announce; ``used`` are the places of all blocks that belong to them."""

    values: tuple[tuple[Slot, str], ...]
    slots: frozenset[Slot]
    labels: tuple[str, ...]
    used: frozenset[int]

    def of(self, *slots: Slot) -> tuple[str, ...]:
        """Everything printed for some slots, in the order of the page."""
        return tuple(text for slot, text in self.values if slot in slots)


def read(blocks: Sequence[Block], taxonomy: Taxonomy) -> Printed:
    """All known labels among blocks, and their values."""
    values: list[tuple[Slot, str]] = []
    used: set[int] = set()
    slots: dict[Slot, str] = {}
    for at, block in enumerate(blocks):
        for slot, beside in _labels_of(blocks, at, taxonomy):
            slots.setdefault(slot, block.line.partition(":")[0])
            used.add(at)
            if beside:
                values.append((slot, beside))
                continue
            for place in _values_behind(blocks, at, slot, taxonomy):
                used.add(place)
                values.append((slot, _item(blocks[place].line)))
    return Printed(
        values=tuple(values),
        slots=frozenset(slots),
        labels=tuple(slots.values()),
        used=frozenset(used),
    )


def _labels_of(blocks: Sequence[Block], at: int, taxonomy: Taxonomy) -> Sequence[tuple[Slot, str]]:
    """The known labels a block holds, each with the value on its line or the next one."""
    block = blocks[at]
    # A paragraph without a colon holds none.
    if len(block.text) > _LONGEST_LABEL_CHARS and ":" not in block.text:
        return ()
    found: list[tuple[Slot, str]] = []
    lines = [_item(line) for line in block.text.split("\n")]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if told := labels.beside(line, taxonomy):
            is_label = labels.beside(following, taxonomy) is not None
            found.append((told.slot, told.value or ("" if is_label else following)))
    if len(lines) == 1 and ":" not in lines[0]:
        slot = _bare(block, blocks[at + 1 : at + 2], taxonomy)
        found += [(slot, "")] if slot else []
    return found


def _bare(block: Block, behind: Sequence[Block], taxonomy: Taxonomy) -> Slot | None:
    """The label a block is without a colon: by its element, or as its value fits no other."""
    slot = taxonomy.slot(f"{_item(block.line)}:")
    if slot is None or block.tag in _NAMING:
        return slot
    fits = any(_fits(slot, other.line, taxonomy) for other in behind)
    return slot if fits else None


def _values_behind(
    blocks: Sequence[Block], at: int, slot: Slot, taxonomy: Taxonomy
) -> Iterator[int]:
    for place in range(at + 1, len(blocks)):
        block = blocks[place]
        is_label = bool(_labels_of(blocks, place, taxonomy))
        if is_label or len(block.text) > _LONGEST_VALUE_CHARS or _item(block.line).endswith(":"):
            return
        in_list = block.tag in _LISTS and block.tag == blocks[at + 1].tag
        is_first = place == at + 1 and not _is_prose(slot, block.line)
        if not (in_list or is_first or _fits(slot, block.line, taxonomy)):
            return
        yield place


def _fits(slot: Slot, text: str, taxonomy: Taxonomy) -> bool:
    """Whether a text is nothing but values of a slot."""
    kind = _KINDS.get(slot)
    if kind is None:
        return len(text) <= _LONGEST_LABEL_CHARS and dates.only_day(text) is not None
    found = taxonomy.resolve(kind, _item(text))
    return bool(found) and all(label.slug for label in found)


def _is_prose(slot: Slot, text: str) -> bool:
    # An empty "Issued on:" is followed by whatever the page goes on with.
    return slot not in _KINDS or text.endswith((".", "!", "?"))


def _item(line: str) -> str:
    return (bullet(line) or line).strip()


@cache
def _label() -> re.Pattern[str]:
    other = rf"(?:{any_of('other_date')}|{any_of('updated')})"
    return re.compile(
        rf"(?<![^\W\d_])(?:(?P<other>{other})|(?P<published>{any_of('published')})"
        rf"|(?P<any>{any_of('any_day')}))(?![^\W\d_])"
    )


def label_of(text: str) -> str:
    """What a text begins as: a day that was "published", an "other" one, as "Last updated", one
    that may be "any", as "Date", or "".
    """
    found = _label().match(fold(text[:LONGEST_DAY_LABEL_CHARS]))
    return (found.lastgroup or "") if found is not None else ""


def label_in(text: str) -> str:
    """The first label in a text, as `label_of` tells them."""
    found = _label().search(fold(text))
    return (found.lastgroup or "") if found is not None else ""


def are_of_appointment(lines: Iterable[str]) -> bool:
    """Whether lines say where to come: "Place: Town Hall". An hour alone stands in the head of a
    statement, too.
    """
    starts = (fold(line.partition(":")[0]) for line in lines if line[:1].isalpha())
    return any(start.strip() in plain("appointment") for start in starts)


# What stands before a date is asked for the element and for its line.
@lru_cache(maxsize=256)
def label_at_end(text: str) -> str:
    """Which kind of label stands last in a text, as `label_of` tells them."""
    found = list(_label().finditer(fold(_parted(text[-LONGEST_DAY_LABEL_CHARS:]))))
    return found[-1].lastgroup or "" if found else ""


def _parted(text: str) -> str:
    """A text with a blank where the next element began without one: "Jane DoeUpdated 3 May"."""
    return " ".join(map(_parted_word, text.split(" ")))


def _parted_word(word: str) -> str:
    # In most no capital follows a small letter.
    if word.islower() or word.istitle() or word.isupper():
        return word
    pairs = zip(" " + word, word, strict=False)
    return "".join(
        f" {char}" if char.isupper() and last.islower() else char for last, char in pairs
    )


def in_line(
    line: str,
    style: DateStyle,
    start: int = 0,
    others: frozenset[date] = frozenset(),
    *,
    is_appointment: bool = False,
) -> tuple[Issued | None, bool]:
    """The day of issue a line names from ``start`` on, and whether a label says that it is one; a
    date behind the word for a change or an event is none, nor is that of an appointment.
    """
    plain, end = {}, 0
    for mention in dates.mentions(line, style):
        label = label_at_end(line[end : mention.start])
        end = mention.end
        if mention.start < start or mention.day is None or label == "other":
            continue
        if is_appointment and label != "published":
            continue
        if mention.day in others and not label:
            continue
        issued = Issued(day=mention.day, origin=IssuedFrom.PAGE)
        if label:
            return issued, True
        plain[issued.day] = issued
    return (next(iter(plain.values())) if len(plain) == 1 else None), False


def beside(lines: Sequence[str], style: DateStyle, others: frozenset[date]) -> Issued | None:
    """The day of issue in lines that stand by a title, whole or in the line behind its label, that
    is none of ``others``.
    """
    plain, is_appointment = {}, are_of_appointment(lines)
    for before, line in zip(["", *lines], lines, strict=False):
        if len(line) > LONGEST_DAY_CHARS:
            break
        label = before if len(before) <= LONGEST_DAY_LABEL_CHARS else ""
        issued, is_labelled = in_line(
            f"{label} {line}", style, len(label) + 1, others, is_appointment=is_appointment
        )
        if is_labelled:
            return issued
        if issued is not None and len(line) <= LONGEST_DAY_LABEL_CHARS:
            plain[issued.day] = issued
    return next(iter(plain.values())) if len(plain) == 1 else None


def in_sentence(text: str, style: DateStyle) -> Issued | None:
    """The first day of a sentence with the word for publication before or behind it: "This entry
    was posted on 2 November 2007 at 21:14 and is filed under News", as templates of WordPress say.
    """
    found = dates.mentions(text, style)
    if not found or found[0].day is None:
        return None
    before, behind = text[: found[0].start], text[found[0].end :][:LONGEST_DAY_LABEL_CHARS]
    label = label_at_end(before)
    if label == "published" or (not label and label_in(behind) == "published"):
        return Issued(day=found[0].day, origin=IssuedFrom.PAGE)
    return None
