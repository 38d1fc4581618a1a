"""Pages that no list tells anything of: they wait until the rest of their list was seen. And pages
that stand where feeds were.

Knows what speaks for such a page or against it: its neighbours, and others, stored ones and refused
ones too, that say the very same. Must never know what any of them means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from feeds.draft import FEEDS, Document, Parsed, Reason, Refused
from feeds.identity.likeness import opening_key
from feeds.ingest import Terms
from feeds.ingest.read import ReadDocument, read_all, understood
from feeds.ingest.repeats import SAYS_THE_SAME, Page, Pages, neighbours_speak_for
from feeds.sources import Fetched
from feeds.storage import documents, recall
from feeds.storage.database import Database
from feeds.storage.documents import Sighting

#: So many wait at most, in number and bytes.
_MOST_HELD, _MOST_BYTES = 200, 32_000_000
# Refused pages that are read again to be compared: a site has few walls, each on many pages.
_MOST_REFUSED_READ = 20
_NO_FEED = (
    "a page where a feed was, of which it may show a part: nothing of it is read or withdrawn"
)


class Doubtful:
    """The doubtful pages of one look, in the order they came.

    ``pages`` are all that it met, ``refusals`` what was in quarantine before it.
    """

    def __init__(
        self, database: Database, terms: Terms, pages: Pages, refusals: Mapping[str, Sighting]
    ) -> None:
        self._database = database
        self._terms = terms
        self._pages = pages
        self._refusals = refusals
        self._held: list[tuple[Fetched, ReadDocument]] = []
        self._stored: dict[str, Page] = {}
        self._refuted: dict[str, Refused] = {}
        self._put_off: list[ReadDocument] = []

    def refuted(self) -> Mapping[str, Refused]:
        """The documents whose items were none, each told once: they say what others say, as was
        seen since.
        """
        refuted, self._refuted = self._refuted, {}
        return refuted

    def put_off(self) -> Sequence[ReadDocument]:
        """The documents that wait, each told once: who ends here has them still."""
        put_off, self._put_off = self._put_off, []
        return put_off

    def sorted(
        self,
        came: Sequence[tuple[object, ReadDocument]],
        shown: Mapping[str, bool],
        *,
        is_at_its_end: bool,
    ) -> list[ReadDocument]:
        """What can be judged of what ``came``, and of what waited where the list ``is_at_its_end``:
        an item once added is read and mailed, so that it is better late than taken back.

        ``shown`` are all documents that this look showed until now, and whether they are items.
        """
        doubtful = [
            (seen, one) for seen, one in came if one.is_doubtful and isinstance(seen, Fetched)
        ]
        self._find_stored([one for _, one in doubtful])
        held = [(seen, one) for seen, one in doubtful if self._waits(one)]
        waiting = {id(one) for _, one in held}
        ready = [one for _, one in came if id(one) not in waiting]
        self._held += held
        size = sum(len(one.body or b"") for _, one in self._held)
        if not is_at_its_end and size < _MOST_BYTES and len(self._held) < _MOST_HELD:
            self._put_off += [one for _, one in held]
            return ready
        return [*self._decided(shown), *ready]

    def _waits(self, one: ReadDocument) -> bool:
        """Whether a page tells no day, or others that are known say the very same."""
        if one.sighting.refused or not any(each.draft.issued for each in one.candidates):
            return True
        known = (*self._stored.values(), *self._refused.values())
        return self._pages.repeats(one.sighting.name, known)

    def _decided(self, shown: Mapping[str, bool]) -> Iterator[ReadDocument]:
        held, self._held = self._held, []
        if not held:
            return
        self._compare(shown)
        for seen, one in held:
            if one.sighting.refused and neighbours_speak_for(seen.name, shown):
                read = read_all([seen], self._terms, pages=self._pages, forced=True)[0]
            else:
                read = one
            why = None if read.sighting.refused else self._pages.refusal(seen.name)
            yield read.refused(why) if why else read

    def _find_stored(self, came: Sequence[ReadDocument]) -> None:
        """What is stored of the source and opens as these do."""
        drafts = (each.draft for one in came for each in one.candidates)
        openings = {key for draft in drafts if (key := opening_key(draft)) is not None}
        if not openings:
            return
        with self._database.reading() as connection:
            for name, item in recall.opening(connection, self._terms.source, openings):
                self._stored[name] = Page.stored(name, item)

    def _compare(self, shown: Mapping[str, bool]) -> None:
        """Meets what was stored or refused before and is on the list still; items of it that say
        what others say are refuted.
        """
        for name, page in {**self._refused, **self._stored}.items():
            # What came anew in this look says something else by now.
            if name in shown and not self._pages.was_met(name):
                self._pages.meet(page)
        refusals = {name: self._pages.refusal(name) for name in self._stored if name in shown}
        self._refuted |= {name: why for name, why in refusals.items() if why}

    @cached_property
    def _refused(self) -> Mapping[str, Page]:
        """The pages in quarantine because they say what others say, as they were then."""
        repeats = [
            name
            for name, each in self._refusals.items()
            if str(each.refused).endswith(f"{SAYS_THE_SAME})")
        ]
        return {page.name: page for name in repeats[:_MOST_REFUSED_READ] for page in self._as(name)}

    def _as(self, name: str) -> Iterator[Page]:
        """A page as it is kept."""
        with self._database.reading() as connection:
            body = documents.latest(connection, self._terms.source, name)
        document = Document(source=self._terms.source, name=name, body=body or b"", url=name)
        found = understood(document, self._terms)
        for draft in found.drafts if isinstance(found, Parsed) else ():
            yield Page.of(document, draft, is_fitting=True)


def kept_to_feeds(
    database: Database,
    readings: Sequence[ReadDocument],
    terms: Terms,
    refusals: Mapping[str, Sighting],
) -> Sequence[ReadDocument]:
    """These, the complete lists in quarantine that stand where feeds were, until somebody promotes
    them, or a feed is there again. ``refusals`` are what was in quarantine before.
    """
    why = Refused(reason=Reason.NOT_NEWS, evidence=_NO_FEED)

    def is_in_place(one: ReadDocument) -> bool:
        name = one.sighting.name
        if one.is_feed or not one.is_complete or name in terms.promoted:
            return False
        if name in refusals:
            return refusals[name].refused == why
        with database.reading() as connection:
            body = documents.latest(connection, terms.source, name)
        if body is None:
            return False
        was = understood(Document(source=terms.source, name=name, body=body), terms)
        return isinstance(was, Parsed) and was.form in FEEDS

    return [
        replace(one.refused(why), is_complete=False) if is_in_place(one) else one
        for one in readings
    ]
