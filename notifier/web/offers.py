"""What one can follow, by its names in a language, and what is said of when it comes.

Knows the topics there are. Must never know who follows what.
"""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from feeds.catalogue import Catalogue
from feeds.errors import FeedsError
from feeds.model import TopicKind, TopicRef
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.model import Subscriber
from notifier.notices.notices import comes_when

_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

#: What is offered by itself; all else is found by a search.
_OFFERED = (TopicKind.FIELD, TopicKind.ISSUER, TopicKind.COUNTRY)

#: The query, the label and the language of that.
Offer = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Names what forms offer, and reads what they send."""

    named: Named
    taxonomy: Taxonomy

    def topics(
        self, language: str, but: Container[str]
    ) -> Sequence[tuple[TopicKind, Sequence[Offer]]]:
        """The topics of each kind, by their labels, but those of which somebody has the query."""
        return [(kind, self._of_kind(kind, language, but)) for kind in _OFFERED]

    def _of_kind(self, kind: TopicKind, language: str, but: Container[str]) -> Sequence[Offer]:
        found = []
        for topic in self.taxonomy.of(kind):
            selection = Selection(frozenset({topic.ref}))
            if not topic.closed and selection.query not in but:
                page = self.named.page(selection, language)
                found.append((selection.query, page.label, page.language))
        return sorted(found, key=lambda each: each[1].casefold())

    def label(self, selection: Selection, language: str) -> str:
        return self.named.page(selection, language).label

    def topic(self, topic: TopicRef, language: str) -> str:
        return self.label(Selection(frozenset({topic})), language)

    def labels(self, person: Subscriber, language: str) -> Mapping[str, str]:
        """What each selection that somebody follows is called, by its query."""
        followed = (each.selection for each in person.followed)
        return {each.query: self.label(each, language) for each in followed}

    def coming(
        self, person: Subscriber, words: Catalogue
    ) -> Sequence[tuple[Sequence[str], str, str]]:
        """What somebody gets of each frequency, when that comes, and when next, in sentences."""
        return [
            (
                [
                    self.label(each.selection, words.tag)
                    for each in person.followed
                    if each.frequency is often
                ],
                comes_when(cadence, words),
                next_digest(person.due.get(often), person, words),
            )
            for often, cadence in person.cadences.items()
        ]

    def selections(self, queries: Sequence[str]) -> Sequence[Selection]:
        """Those that are selections of topics there are, each once."""
        found: dict[Selection, None] = {}
        for query in queries:
            try:
                selection = Selection.parse(query)
                for topic in selection.topics:
                    self.taxonomy.get(topic)
            except FeedsError:
                continue
            found[selection] = None
        return [*found]


def next_digest(due: datetime | None, person: Subscriber, words: Catalogue) -> str:
    """When the next digest comes, in a sentence."""
    if due is None:
        return words.say("next_when_news")
    local = due.astimezone(person.zone)
    day: date = local.date()
    return words.say(
        "next_digest",
        day=words.day(day, "day_of_week"),
        hour=words.hour(local.hour * 60 + local.minute),
        zone=person.zone.key,
    )


def minute_of(hour: str) -> int | None:
    """The minute of the day that is ``07:00``; None where that is no time of day."""
    found = _HOUR.fullmatch(hour)
    return int(found[1]) * 60 + int(found[2]) if found else None
