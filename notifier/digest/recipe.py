"""What a digest told, spelt so that its message can be made again, as far as it is still shown.

Knows the parts of a digest. Must never know how one is shown, or who gets it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from feeds.model import Item
from feeds.selection import Selection
from notifier.model import Digest, Frequency, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a digest tells, and all else that is the same in the messages of whoever gets it.

    ``follows`` is all that they follow; the local ``day`` heads the digest.
    """

    digest: Digest
    follows: tuple[Selection, ...]
    frequency: Frequency
    day: date
    language: str

    def spelt(self) -> str:
        """Items by their numbers, selections by their queries; equal recipes are spelt alike."""
        sections = [
            {
                "of": section.selection.query,
                "items": [
                    [item.number, *(other.query for other in others)]
                    for item, others in zip(section.items, section.also_in, strict=True)
                ],
                "more": section.left_out,
            }
            for section in self.digest.sections
        ]
        told = {
            "sections": sections,
            "follows": [each.query for each in self.follows],
            "frequency": self.frequency,
            "day": self.day.isoformat(),
            "language": self.language,
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, spelt: str, items: Mapping[int, Item]) -> Self | None:
        """The same as it was spelt, with what its ``items`` say by now; those that are not among
        them are left out, and None is left without any.
        """
        told = json.loads(spelt)
        found = (_section(each, items) for each in told["sections"])
        sections = tuple(each for each in found if each.items)
        if not sections:
            return None
        total = sum(len(each.items) + each.left_out for each in sections)
        return cls(
            digest=Digest(sections=sections, total=total),
            follows=tuple(map(Selection.parse, told["follows"])),
            frequency=Frequency(told["frequency"]),
            day=date.fromisoformat(told["day"]),
            language=told["language"],
        )


def items_of(spelt: str) -> frozenset[int]:
    """The numbers of the items that a recipe tells of."""
    sections = json.loads(spelt)["sections"]
    return frozenset(number for section in sections for number, *_ in section["items"])


def _section(told: Mapping[str, Any], items: Mapping[int, Item]) -> Section:
    shown = [each for each in told["items"] if each[0] in items]
    return Section(
        selection=Selection.parse(told["of"]),
        items=tuple(items[number] for number, *_ in shown),
        also_in=tuple(tuple(map(Selection.parse, others)) for _, *others in shown),
        left_out=told["more"],
    )
