"""How a reader leaves: a page with one button, and the request that acts (RFC 8058).

Knows tokens and what each standing is answered with. Must never ask for a login or a reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import Response

from feeds.errors import UnknownTopic
from feeds.publish.feed import FeedRef, describe
from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.request_limits import PATIENCE_SECONDS, ThreadLimit
from notifier.model import EVERY_DAY, GONE, Cadence, Frequency, Subscriber
from notifier.storage import subscribers
from notifier.subscribers.links import Claim, LinkScope
from notifier.web.private_pages import PrivatePages, claim_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribing:
    """The two requests of an unsubscribe link: GET shows, POST acts.

    Link scanners of mail providers follow every GET, so that one changes nothing.
    """

    database: Database
    secret: bytes
    taxonomy: Taxonomy
    pages: PrivatePages
    clock: Callable[[], datetime]
    _looks: ThreadLimit = field(default_factory=ThreadLimit, init=False)
    _ends: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    async def answer(self, request: Request) -> Response:
        """After a POST that is answered 200 the subscription has ended, however often it comes.

        The token is the whole authority: a body ("List-Unsubscribe=One-Click") adds nothing to
        it and is not read, so that no mail program's way of sending one can go wrong. Raises
        StoreError while others keep the store: nothing has changed, and it is to be sent again.
        """
        claim = claim_of(request, self.secret, LinkScope.UNSUBSCRIBE)
        if claim is None:
            return self.pages.notice("damaged_link", 404)
        if request.method == "POST":
            return self._page(await self._ends.run(self._end, claim))
        return self._page(await self._looks.run(self._reader, claim))

    def _reader(self, claim: Claim) -> Subscriber | None:
        """Who would get no more mail; None where nobody would: they left, or were erased."""
        zone = self.pages.site.timezone
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            reader = subscribers.by_public_id(connection, claim.public_id, zone)
        return reader if reader and reader.state not in GONE else None

    def _end(self, claim: Claim) -> None:
        """Whoever asks for that gets no more mail, by a link of an earlier subscription, too: their
        mail program tells them so whatever is answered.
        """
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            if subscribers.leave(connection, claim.public_id, self.clock()):
                log.info("unsubscribed", subscriber=claim.public_id)

    def _page(self, reader: Subscriber | None) -> Response:
        if reader is None:
            return self.pages.notice("left")
        digests = [
            (
                self._gets(reader.address, cadence),
                [self._label(one.selection) for one in reader.followed if one.frequency is often],
            )
            for often, cadence in reader.cadences.items()
        ]
        return self.pages.answer("unsubscribe.html", digests=digests)

    def _gets(self, address: str, cadence: Cadence) -> str:
        """Who gets mail, and how often."""
        words = self.pages.words
        # Daily on some days of the week is said as weekly on more than one.
        often = Frequency.WEEKLY if cadence.weekdays != EVERY_DAY else cadence.frequency
        return words.say(
            f"gets.{often}",
            address=masked(address),
            publisher=self.pages.site.publisher,
            weekday=words.weekdays(cadence.weekdays),
            hour=words.hour(cadence.minute),
            zone=cadence.zone.key,
        )

    def _label(self, selection: Selection) -> str:
        """A topic that left the taxonomy is still followed, and named as it was asked for."""
        try:
            return describe(FeedRef.of_selection(selection), self.pages.site, self.taxonomy).label
        except UnknownTopic:
            return " · ".join(value for _, value in selection.values())


def masked(address: str) -> str:
    """The first character and the domain: enough for its owner, too little for a finder."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
