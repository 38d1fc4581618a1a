"""What a feed files its entries under, as topics of the taxonomy.

Knows what schemes call the facets. Must never know a dialect. A free tag that nobody knows is
dropped: it says nothing a reader could follow. Where its scheme names the facet, it is kept as an
unknown topic.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from config.values import on_one_line
from feeds.model import Label, TopicKind, TopicRef
from feeds.parse.syndication.feed_entries import RawCategory
from feeds.parse.words import any_of
from feeds.taxonomy import Taxonomy

# An entry under more is not filed but tagged for search engines.
_MOST_CATEGORIES = 50
_LONGEST_NAME_CHARS = 300


@cache
def _facet() -> re.Pattern[str]:
    """What a scheme's name or address ends with, in a group named for the kind of topic."""
    groups = (f"(?P<{kind.value}>{any_of(f'facets.{kind.value}', str)})" for kind in TopicKind)
    ending = rf"(?:^|[/:#=_. ])(?:unlisted-)?(?:{'|'.join(groups)})/?$"
    return re.compile(ending, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TopicLabels:
    """The labels of one entry, by facet, each once."""

    issuers: tuple[Label, ...] = ()
    fields: tuple[Label, ...] = ()
    countries: tuple[Label, ...] = ()
    content_type: Label | None = None


def named(categories: Iterable[RawCategory]) -> Iterable[tuple[TopicKind, str]]:
    """What an entry is filed under, by the facets that schemes name; without one it is a field."""
    for category in categories:
        if name := _name(category):
            yield _stated_facet(category) or TopicKind.FIELD, name


def topics_of(
    categories: tuple[RawCategory, ...], authors: tuple[str, ...], taxonomy: Taxonomy
) -> TopicLabels:
    """The topics of an entry; who wrote it is its issuer where that is a known one."""
    if len(authors) > _MOST_CATEGORIES or len(categories) > _MOST_CATEGORIES:
        authors, categories = authors[:_MOST_CATEGORIES], categories[:_MOST_CATEGORIES]
    return _topics_of(categories, authors, taxonomy)


# Entries of one feed are filed under few combinations.
@lru_cache(maxsize=4096)
def _topics_of(
    categories: tuple[RawCategory, ...], authors: tuple[str, ...], taxonomy: Taxonomy
) -> TopicLabels:
    by_kind: dict[TopicKind, dict[str, Label]] = {kind: {} for kind in TopicKind}
    for label in _labels(categories, authors, taxonomy):
        by_kind[label.kind].setdefault(label.slug or f"?{label.text}", label)
    return TopicLabels(
        issuers=tuple(by_kind[TopicKind.ISSUER].values()),
        fields=tuple(by_kind[TopicKind.FIELD].values()),
        countries=tuple(by_kind[TopicKind.COUNTRY].values()),
        content_type=next(iter(by_kind[TopicKind.TYPE].values()), None),
    )


def _labels(
    categories: Iterable[RawCategory], authors: Iterable[str], taxonomy: Taxonomy
) -> Iterable[Label]:
    for category in categories:
        yield from _of(category, taxonomy)
    for author in authors:
        yield from _known(TopicKind.ISSUER, author[:_LONGEST_NAME_CHARS], taxonomy)


def _of(category: RawCategory, taxonomy: Taxonomy) -> tuple[Label, ...]:
    name, term = _name(category), category.term[:_LONGEST_NAME_CHARS]
    kind = _stated_facet(category)
    if kind is None:
        kinds = (TopicKind.FIELD, TopicKind.ISSUER, TopicKind.COUNTRY, TopicKind.TYPE)
        known = (_known(kind, each, taxonomy) for each in (name, term) for kind in kinds)
        return next((labels for labels in known if labels), ())
    if ref := taxonomy.current(TopicRef(kind, term or "-")):
        return (Label(kind=kind, text=name, slug=ref.slug),)
    return _resolved(kind, name, taxonomy)


def _name(category: RawCategory) -> str:
    return on_one_line((category.label or category.term)[:_LONGEST_NAME_CHARS])


def _stated_facet(category: RawCategory) -> TopicKind | None:
    found = _facet().search(category.scheme[-_LONGEST_NAME_CHARS:].replace(" ", "-"))
    return TopicKind(found.lastgroup or "") if found else None


def _known(kind: TopicKind, name: str, taxonomy: Taxonomy) -> tuple[Label, ...]:
    return tuple(label for label in _resolved(kind, name, taxonomy) if label.slug)


def _resolved(kind: TopicKind, name: str, taxonomy: Taxonomy) -> tuple[Label, ...]:
    if kind is TopicKind.TYPE and (label := taxonomy.kind_label(name)):
        return (label,)
    return taxonomy.resolve(kind, name)
