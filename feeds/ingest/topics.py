"""Which topics an item belongs to: those it names, and what stands above them.

Knows labels and the taxonomy. Must never know how either was read.
"""

from dataclasses import dataclass

from feeds.model import Draft, Label, TopicRef
from feeds.taxonomy import Taxonomy

__all__ = ["Placed", "placed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A topic of an item; not ``direct`` if only a child of it is named."""

    label: Label
    direct: bool


def placed(draft: Draft, taxonomy: Taxonomy) -> tuple[Placed, ...]:
    """The draft's issuers, fields and kind as printed, then the ancestors they imply."""
    kinds = (draft.content_type,) if draft.content_type else ()
    named = (*draft.issuers, *draft.fields, *kinds)
    refs = dict.fromkeys(label.ref for label in named if label.ref)
    implied = dict.fromkeys(above for ref in refs for above in taxonomy.lineage(ref)[1:])
    return (
        *(Placed(label=label, direct=True) for label in named),
        *(_implied(ref, taxonomy) for ref in implied if ref not in refs),
    )


def _implied(ref: TopicRef, taxonomy: Taxonomy) -> Placed:
    label = Label(kind=ref.kind, text=taxonomy.get(ref).label, slug=ref.slug)
    return Placed(label=label, direct=False)
