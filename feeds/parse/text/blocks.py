"""A listing saved as text: blocks of title, "Publishing date:", other labels and a lead.

Knows how blocks follow each other and when one is whole. Must never know the address a listing
came from: wrong addresses answer with a listing too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile, zip_longest

from feeds.draft import Draft, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom, TopicKind
from feeds.parse import dates
from feeds.parse.bytes import Lines, bullet
from feeds.parse.text import genre, labels
from feeds.parse.text.labels import Beside
from feeds.parse.text.text_page import TextPage
from feeds.parse.words import any_of
from feeds.taxonomy import Slot, Taxonomy

FORM = "listing"

# Leads are cut near 300 characters; a last one this long was cut by the site, not by an accident.
_LENGTH_OF_A_CUT_LEAD = 270
# Pages hold 10 or 50; a whole archive on one page stays below this.
_MOST_BLOCKS = 20_000
_ENDS_OF_A_LEAD = tuple(".…:,;!?\"'”»)’")


@cache
def _pager() -> re.Pattern[str]:
    words = any_of("pager", str)
    return re.compile(rf"(?:[\d\s«»‹›<>|…]+|{words})[\s«»‹›]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """``title`` is "" where the text starts below it; ``rest`` is what follows the labels, up to
    the next block's title or the text's end.
    """

    title: str
    labels: Sequence[Beside]
    rest: Lines

    def values(self, slot: Slot) -> tuple[str, ...]:
        return tuple(label.value for label in self.labels if label.slot is slot)

    @property
    def lead(self) -> str:
        return self.rest[0] if self.rest and not _pager().match(self.rest[0]) else ""


def parse(page: TextPage) -> Parsed | Refused | None:
    """What a listing tells of each item; None for a page that is none.

    The last block counts only if it was not cut: it has a lead that ends as leads do, or more
    follows it. Without a lead its last label may have lost its end, and half a value is worse
    than an item that comes with the next listing.
    """
    blocks = list(islice(_blocks(page.lines, page.taxonomy), _MOST_BLOCKS + 1))
    if not blocks or (len(blocks) == 1 and not _is_listing(blocks[0], page)):
        return None
    if len(blocks) > _MOST_BLOCKS:
        evidence = f"it lists more than {_MOST_BLOCKS} items"
        return Refused(reason=Reason.HOSTILE, evidence=evidence)
    if not _is_whole(blocks[-1]):
        blocks.pop()
    drafts = (_draft(block, page) for block in blocks if block.title)
    known = tuple(draft for draft in drafts if draft is not None)
    return Parsed(form=FORM, drafts=known, is_list=True)


def _blocks(lines: Lines, taxonomy: Taxonomy) -> Iterator[_Block]:
    printed = [labels.beside(line, taxonomy) if ":" in line else None for line in lines]
    starts = [at for at, label in enumerate(printed) if label and label.slot is Slot.PUBLISHED]
    for start, following in zip_longest(starts, starts[1:]):
        # Two dates may follow each other where a title was lost.
        stop = len(lines) if following is None else max(start + 1, following - 1)
        behind = tuple(takewhile(bool, printed[start:stop]))
        rest = lines[start + len(behind) : stop]
        if following is not None and rest[-1:] == [lines[stop]]:
            # The next title stands twice.
            rest = rest[:-1]
        title = lines[start - 1] if start and printed[start - 1] is None else ""
        known = tuple(label for label in behind[: labels.MOST_BESIDE] if label)
        yield _Block(title=title and (bullet(title) or title), labels=known, rest=rest)


def _is_listing(block: _Block, page: TextPage) -> bool:
    """Whether one block alone is a listing: other pages print a publishing date too."""
    return len(block.labels) > 1 or any(map(page.taxonomy.is_newsroom, page.lines))


def _is_whole(block: _Block) -> bool:
    lead = block.lead
    return bool(lead) and (
        len(block.rest) > 1 or lead.endswith(_ENDS_OF_A_LEAD) or len(lead) >= _LENGTH_OF_A_CUT_LEAD
    )


def _draft(block: _Block, page: TextPage) -> Draft | None:
    kind = labels.kind(block.values(Slot.KIND), page.taxonomy)
    if kind is not None and kind.slug is None and genre.is_other_kind(kind.text):
        return None
    day = dates.only_day(block.labels[0].value, page.habits.date_style)
    return Draft(
        form=FORM,
        title=block.title,
        summary=block.lead,
        partial=True,
        issued=Issued(day=day, origin=IssuedFrom.LISTING) if day else None,
        language=labels.one_language(tuple(label.text for label in block.labels), page.taxonomy),
        content_type=kind,
        issuers=labels.topics(TopicKind.ISSUER, block.values(Slot.ISSUERS), page.taxonomy),
        fields=labels.topics(TopicKind.FIELD, block.values(Slot.FIELDS), page.taxonomy),
    )
