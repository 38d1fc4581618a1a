"""What the values behind labels say: topics, a kind, an issue date, a language.

Knows how printed values become facts. Must never know where on a page they stand.
"""

from collections.abc import Iterable
from functools import lru_cache

from feeds.draft import DateOrder
from feeds.model import Issued, IssuedFrom, Label, TopicKind
from feeds.parse import dates
from feeds.parse.dateline import Dateline
from feeds.taxonomy import Taxonomy

__all__ = ["issued", "kind", "languages", "one_language", "topics"]

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


def issued(
    printed: Iterable[str], opening: Dateline | None, order: DateOrder | None
) -> Issued | None:
    """The issue date a label's value names, else that of the dateline."""
    for text in printed:
        if day := dates.only_day(text, order):
            return Issued(day=day, at=dates.instant(text), origin=IssuedFrom.LABEL)
    if opening is not None and opening.day is not None:
        return Issued(day=opening.day, origin=IssuedFrom.DATELINE)
    return None


def languages(printed: Iterable[str], taxonomy: Taxonomy) -> frozenset[str]:
    """The languages that write all these labels so, of those labels that are not English.

    "Izdavač" is Bosnian, Croatian or Serbian; beside "Oblasti delovanja" it is Serbian.
    """
    spoken = map(taxonomy.languages_of, printed)
    foreign = [found for found in spoken if found and _ENGLISH not in found]
    return frozenset.intersection(*foreign) if foreign else frozenset()


@lru_cache(maxsize=512)
def one_language(printed: tuple[str, ...], taxonomy: Taxonomy) -> str | None:
    """The one language that labels speak for, None where they leave it open."""
    found = languages(printed, taxonomy)
    return next(iter(found)) if len(found) == 1 else None
