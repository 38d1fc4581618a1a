"""How a reader leaves: a page with one button, and the request that acts (RFC 8058); and how they
take that back.

Knows tokens and what each standing is answered with. Must never ask for a login or a reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from feeds.catalogue import Catalogue
from feeds.storage.database import Database
from feeds.web.request_limits import PATIENCE_SECONDS, ThreadLimit
from notifier.model import GONE, Cadence, Frequency, Subscriber, SubscriberState
from notifier.notices.notices import said_as
from notifier.storage import subscribers
from notifier.subscribers.leaving import Left, just_left, take_back, undoable
from notifier.subscribers.links import Claim, LinkScope, MailLinks
from notifier.web.offers import Offers
from notifier.web.private_pages import PRIVATE, PrivatePages, claim_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribing:
    """The requests of an unsubscribe link, and of the one that takes it back: GET shows, POST acts.

    Link scanners of mail providers follow every GET, so that one changes nothing.
    """

    database: Database
    links: MailLinks
    offers: Offers
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
        claim = claim_of(request, self.links.secret, LinkScope.UNSUBSCRIBE)
        if claim is None:
            return self.pages.notice("damaged_link", 404)
        if request.method == "POST":
            return await self._ends.run(self._ended, claim)
        return await self._looks.run(self._shown, claim)

    async def undo(self, request: Request) -> Response:
        """POST takes back that somebody left, all of it or fewer mails; GET shows what is so."""
        claim = claim_of(request, self.links.secret, LinkScope.UNDO)
        if claim is None:
            return self.pages.notice("damaged_link", 404)
        if request.method != "POST":
            return await self._looks.run(self._standing, claim)
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._ends.run(self._taken_back, claim, sent)

    # -- In threads --------------------------------------------------------------------------------

    def _shown(self, claim: Claim) -> Response:
        zone = self.pages.site.timezone
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            reader = subscribers.by_public_id(connection, claim.public_id, zone)
            left = just_left(connection, claim.public_id, zone, self.clock())
        if reader is None or reader.state in GONE:
            return self._left(left, claim)
        pages = self.pages.in_language(reader.language)
        digests = [
            (self._gets(reader.address, cadence, pages.words), self._labels(reader, often, pages))
            for often, cadence in reader.cadences.items()
        ]
        # A link of an earlier subscription, or to an earlier address, ends it, and tells nothing.
        known = digests if claim.epoch == reader.epoch else []
        return pages.answer("unsubscribe.html", digests=known)

    def _ended(self, claim: Claim) -> Response:
        """Whoever asks for that gets no more mail, by a link of an earlier subscription, too: their
        mail program tells them so whatever is answered.
        """
        now, zone = self.clock(), self.pages.site.timezone
        with self.database.writing(patience_seconds=PATIENCE_SECONDS) as connection:
            if subscribers.leave(connection, claim.public_id, now):
                log.info("unsubscribed", subscriber=claim.public_id)
            left = just_left(connection, claim.public_id, zone, now)
        return self._left(left, claim)

    def _left(self, left: Left | None, claim: Claim, fault: str = "") -> Response:
        """That it is done; for an hour with the way back, and what there is instead, to whoever
        comes by a link of the subscription that ended.
        """
        if left is None or claim.epoch != left.person.epoch:
            return self.pages.notice("left")
        person = left.person
        pages = self.pages.in_language(person.language)
        words = pages.words
        followed = [
            (each.selection.query, self.offers.named.page(each.selection, words.tag))
            for each in left.followed
        ]
        undo = self.links.undo(person.public_id, person.epoch, left.until)
        return pages.answer(
            "left.html",
            422 if fault else 200,
            undo=urlsplit(undo).path,
            followed=followed,
            faults={"select": words.say(fault)} if fault else {},
        )

    def _standing(self, claim: Claim) -> Response:
        zone, now = self.pages.site.timezone, self.clock()
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            person = subscribers.by_public_id(connection, claim.public_id, zone)
            left = undoable(connection, claim, zone, now)
        if left:
            return self._left(left, claim)
        is_back = person and person.state is SubscriberState.ACTIVE and claim.epoch == person.epoch
        if person is None or not is_back:
            return self.pages.notice("undo_over", 410)
        pages = self.pages.in_language(person.language)
        return pages.answer("confirmed.html", comes=self.offers.coming(person, pages.words))

    def _taken_back(self, claim: Claim, sent: Mapping[str, Sequence[str]]) -> Response:
        zone, now = self.pages.site.timezone, self.clock()
        fewer = sent.get("select", ()) if "fewer" in sent else None
        if take_back(self.database, claim, zone, fewer=fewer, now=now):
            log.info("left no more", subscriber=claim.public_id)
        elif fewer is not None:
            with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
                left = undoable(connection, claim, zone, now)
            if left:
                return self._left(left, claim, "fault.nothing")
        place = urlsplit(self.links.undo(claim.public_id, claim.epoch, claim.until or now)).path
        return RedirectResponse(place, 303, headers=PRIVATE)

    def _labels(self, reader: Subscriber, often: Frequency, pages: PrivatePages) -> Sequence[str]:
        followed = (each.selection for each in reader.followed if each.frequency is often)
        return [self.offers.label(each, pages.words.tag) for each in followed]

    def _gets(self, address: str, cadence: Cadence, words: Catalogue) -> str:
        """Who gets mail, and how often."""
        return words.say(
            f"gets.{said_as(cadence)}",
            address=masked(address),
            publisher=self.pages.site.publisher,
            weekday=words.weekdays(cadence.weekdays),
            hour=words.hour(cadence.minute),
            zone=cadence.zone.key,
        )


def masked(address: str) -> str:
    """The first character and the domain: enough for its owner, too little for a finder."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
