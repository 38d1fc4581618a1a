"""Which topics an item belongs to: those it names, and what stands above them.

Knows labels and the taxonomy. Must never know how either was read.
"""

from dataclasses import dataclass
from functools import lru_cache

from feeds.draft import Draft
from feeds.model import Label, TopicRef
from feeds.taxonomy import Taxonomy

#: An organisation files its items under the same few combinations of topics.
_REMEMBERED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A topic of an item; not ``direct`` if only a child of it is named."""

    label: Label
    direct: bool


def placed(draft: Draft, taxonomy: Taxonomy) -> tuple[Placed, ...]:
    """The draft's topics as printed, then the ancestors they imply."""
    named = draft.labels
    refs = tuple(dict.fromkeys(ref for label in named if (ref := label.ref)))
    return (*(Placed(label=label, direct=True) for label in named), *_implied_by(refs, taxonomy))


@lru_cache(maxsize=_REMEMBERED)
def _implied_by(refs: tuple[TopicRef, ...], taxonomy: Taxonomy) -> tuple[Placed, ...]:
    implied = dict.fromkeys(above for ref in refs for above in taxonomy.lineage(ref)[1:])
    return tuple(_implied(ref, taxonomy) for ref in implied if ref not in refs)


def _implied(ref: TopicRef, taxonomy: Taxonomy) -> Placed:
    label = Label(kind=ref.kind, text=taxonomy.get(ref).label, slug=ref.slug)
    return Placed(label=label, direct=False)
