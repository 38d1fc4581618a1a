"""How a reader changes their mind: the page behind a link in each mail, and the way to a new link.

Knows what the page shows, and what each of its buttons does. Must never say whether an address is
known, nor write one to a log.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from feeds.catalogue import Catalogue, languages, nearest
from feeds.storage.database import Database
from feeds.web.request_limits import CLIENT, PATIENCE_SECONDS, RateLimit, ThreadLimit
from notifier.errors import UnusableAddress
from notifier.model import EVERY_DAY, Frequency, Subscriber, folded
from notifier.storage import deliveries, subscribers, suppressions
from notifier.storage.suppressions import Keyed
from notifier.subscribers.change import change, standing
from notifier.subscribers.links import Claim, LinkScope, MailLinks
from notifier.subscribers.moving import Moving, NotMoved
from notifier.subscribers.own_data import erase, own_data, spelt
from notifier.subscribers.sign_up import SignUp, SignUpAnswer, is_role
from notifier.subscribers.subscribe import checked
from notifier.web.forms import MOST, age, is_ours, minted, zones
from notifier.web.offers import Offers
from notifier.web.private_pages import PRIVATE, PrivatePages, claim_of
from notifier.web.unsubscribe import masked
from notifier.web.view import listed
from notifier.web.wishes import NEVER, Wishes

log = structlog.get_logger(__name__)

#: Whoever changes something looks at it some times.
_AT_ONCE, _A_SECOND = 60, 1.0
#: So far back mails are listed, and so many of them.
_LISTED: Final = timedelta(days=30)
_MOST_LISTED: Final = 200
#: What the page says after it was done, by what is asked for then.
_DONE: Final = ("saved", "address_asked")
#: A file to be kept, and nothing to be shown.
_DOWNLOAD: Final = {
    "content-type": "application/json; charset=utf-8",
    "content-disposition": 'attachment; filename="subscription.json"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Managing:
    """The requests of somebody who has a link, and of those who want one: GET shows, POST acts."""

    database: Database
    sign_up: SignUp
    moving: Moving
    offers: Offers
    keyed: Keyed
    links: MailLinks
    pages: PrivatePages
    clock: Callable[[], datetime]
    _limit: RateLimit = field(default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False)
    _looks: ThreadLimit = field(default_factory=ThreadLimit, init=False)
    _acts: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    # -- The page behind a link --------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        """GET shows what somebody gets, POST changes it and leads back."""
        claim = self._claim(request)
        if isinstance(claim, Response):
            return claim
        if request.method != "POST":
            done = next((each for each in _DONE if each in request.query_params), "")
            return await self._looks.run(self._shown, claim, done)
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._acts.run(self._changed, claim, sent)

    async def address(self, request: Request) -> Response:
        """POST has another address confirmed, and leads back to the page, as GET does."""
        claim = self._claim(request)
        if isinstance(claim, Response):
            return claim
        if request.method != "POST":
            return RedirectResponse(self._here(claim), 303, headers=PRIVATE)
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._acts.run(self._asked, claim, sent, request.scope.get(CLIENT, ""))

    async def move(self, request: Request) -> Response:
        """By the link that was mailed to another address: GET shows a button, POST confirms it."""
        claim = claim_of(request, self.links.secret, LinkScope.ADDRESS)
        if claim is None or not claim.extra.isdecimal():
            return self.pages.notice("damaged_link", 404)
        if request.method != "POST":
            return await self._looks.run(self._shown_moving, claim)
        if not is_ours(request, self.pages.site.url):
            return self.pages.notice("not_understood", 403)
        return await self._acts.run(self._moved, claim)

    async def data(self, request: Request) -> Response:
        """All that is kept of somebody, as a file of JSON."""
        claim = self._claim(request)
        return claim if isinstance(claim, Response) else await self._looks.run(self._data, claim)

    async def erasing(self, request: Request) -> Response:
        """GET shows what it means and a second button, POST erases."""
        claim = self._claim(request)
        if isinstance(claim, Response):
            return claim
        if request.method != "POST":
            return await self._looks.run(self._shown_erasing, claim)
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._acts.run(self._erased, claim, sent)

    async def erased(self, request: Request) -> Response:
        """That it is done."""
        return self._in(request.query_params.get("language", "")).notice("erased")

    async def moved(self, request: Request) -> Response:
        """The same of another address."""
        return self._in(request.query_params.get("language", "")).notice("moved")

    # -- The way to a new link ---------------------------------------------------------------------

    async def link(self, request: Request) -> Response:
        """GET asks for an address, POST mails a link, and says the same whoever has the address."""
        if self._is_too_often(request):
            return self.pages.notice("too_often", 429)
        if request.method != "POST":
            return self._asked_for_link(self.pages, 200)
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        return await self._acts.run(self._mailed, sent, request.scope.get(CLIENT, ""))

    async def link_sent(self, request: Request) -> Response:
        """What to do next, said to everybody alike."""
        return self._in(request.query_params.get("language", "")).notice("link_sent")

    # -- What all of them ask first ----------------------------------------------------------------

    def _claim(self, request: Request) -> Claim | Response:
        if self._is_too_often(request):
            return self.pages.notice("too_often", 429)
        claim = claim_of(request, self.links.secret, LinkScope.MANAGE)
        return self._asked_for_link(self.pages, 404) if claim is None else claim

    def _is_too_often(self, request: Request) -> bool:
        return bool(self._limit.wait_seconds(request.scope.get(CLIENT, ""), time.monotonic()))

    def _check_age(self, sent: Mapping[str, Sequence[str]]) -> None:
        """Raises _TooOld where no page of ours sent it, or one that lay open for long."""
        passed = age(sent.get("token", [""])[0], self.links.secret, self.clock())
        if passed is None or passed > MOST:
            raise _TooOld

    def _in(self, language: str) -> PrivatePages:
        """Pages in somebody's own language, where there are any."""
        return self.pages.in_language(nearest(language) or self.pages.words.tag)

    def _person(self, claim: Claim) -> Subscriber | None:
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            return standing(connection, claim, self.pages.site.timezone, self.clock())

    def _over(self, claim: Claim) -> Response:
        """In the language of whom the link was mailed to, while that is known."""
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            zone = self.pages.site.timezone
            person = subscribers.by_public_id(connection, claim.public_id, zone)
        return self._asked_for_link(self._in(person.language if person else ""), 410)

    def _asked_for_link(
        self,
        pages: PrivatePages,
        status: int,
        address: str = "",
        faults: Mapping[str, str] | None = None,
    ) -> Response:
        return pages.answer(
            "link.html",
            status,
            is_over=status in {404, 410},
            address=address,
            faults=_said(faults or {}, pages.words),
            token=minted(self.links.secret, self.clock()),
        )

    # -- In threads --------------------------------------------------------------------------------

    def _shown(self, claim: Claim, done: str) -> Response:
        person = self._person(claim)
        if person is None:
            return self._over(claim)
        return self._answer(claim, person, Wishes.of(person), done=done)

    def _changed(self, claim: Claim, sent: Mapping[str, Sequence[str]]) -> Response:
        person, now = self._person(claim), self.clock()
        if person is None:
            return self._over(claim)
        wishes = Wishes.typed(sent)
        faults = wishes.faults(person, self.offers, now)
        try:
            self._check_age(sent)
        except _TooOld:
            faults = faults or {"send": "fault.again"}
        if faults:
            return self._answer(claim, person, wishes, faults)
        choose = partial(wishes.choice, offers=self.offers, now=now)
        zone = self.pages.site.timezone
        if change(self.database, claim, choose, zone, now=now) is None:
            return self._over(claim)
        log.info("subscription changed", subscriber=claim.public_id)
        return RedirectResponse(f"{self._here(claim)}?saved", 303, headers=PRIVATE)

    def _answer(
        self,
        claim: Claim,
        person: Subscriber,
        wishes: Wishes,
        faults: Mapping[str, str] | None = None,
        *,
        done: str = "",
        new_address: str = "",
    ) -> Response:
        pages = self._in(wishes.language if wishes.language in languages() else person.language)
        words = pages.words
        labels = self.offers.labels(person, words.tag)
        weekdays = [(str(day), words.weekdays({day})) for day in sorted(EVERY_DAY)]
        return pages.answer(
            "manage.html",
            422 if faults else 200,
            address=masked(person.address),
            done=words.say(done) if done else "",
            new_address=new_address,
            coming=self._coming(person, words),
            wishes=wishes,
            rows=[(row, labels[row.query]) for row in wishes.rows if row.query in labels],
            faults=_said(faults or {}, words),
            oftens=(*Frequency, NEVER),
            offered=self.offers.topics(words.tag, labels),
            muted=[(str(each), self.offers.topic(each, words.tag)) for each in person.muted],
            added_often=[(each, words.say(f"often.{each}"), "") for each in Frequency],
            days=weekdays,
            weekdays=[(*each, "") for each in weekdays],
            zones=[(each, each, "") for each in dict.fromkeys((wishes.zone, *zones()))],
            languages=[(tag, Catalogue.own_name(tag), tag) for tag in languages()],
            here=self._here(claim),
            mails=self._mails(person, words),
            leave=urlsplit(self.links.unsubscribe(person.public_id, person.epoch)).path,
            token=minted(self.links.secret, self.clock()),
        )

    def _coming(
        self, person: Subscriber, words: Catalogue
    ) -> Sequence[tuple[Sequence[str], str, str]]:
        """What comes when; or why nothing does, where the address must not be mailed."""
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            barred = suppressions.among(connection, [self.keyed(person.address)])
        coming = self.offers.coming(person, words)
        return [(what, when, words.say("barred")) for what, when, _ in coming] if barred else coming

    def _mails(self, person: Subscriber, words: Catalogue) -> Sequence[tuple[str, str, str]]:
        """What each mail was, its page where it can be read again, and what became of it."""
        since = self.clock() - _LISTED
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            sent = deliveries.latest(connection, _MOST_LISTED, about=person.address)
        lately = (each for each in sent if each.created_at >= since)
        return listed(lately, person, words, self.links, self.pages.site.title)

    def _here(self, claim: Claim) -> str:
        """The path of the page that a claim opens."""
        link = self.links.manage(claim.public_id, claim.epoch, claim.until or self.clock())
        return urlsplit(link).path

    def _data(self, claim: Claim) -> Response:
        person = self._person(claim)
        if person is None:
            return self._over(claim)
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            text = spelt(own_data(connection, person, self.keyed))
        return Response(text, headers={**PRIVATE, **_DOWNLOAD})

    def _shown_erasing(self, claim: Claim) -> Response:
        person = self._person(claim)
        if person is None:
            return self._over(claim)
        pages = self._in(person.language)
        return pages.answer("erase.html", token=minted(self.links.secret, self.clock()))

    def _erased(self, claim: Claim, sent: Mapping[str, Sequence[str]]) -> Response:
        person = self._person(claim)
        if person is None:
            return self._over(claim)
        try:
            self._check_age(sent)
        except _TooOld:
            return self._shown_erasing(claim)
        zone = self.pages.site.timezone
        erase(self.database, person.address, self.keyed, zone, now=self.clock())
        log.info("erased", subscriber=claim.public_id)
        return self._told("erased", person)

    def _asked(self, claim: Claim, sent: Mapping[str, Sequence[str]], network: str) -> Response:
        person, address = self._person(claim), sent.get("address", [""])[0].strip()
        if person is None:
            return self._over(claim)
        try:
            self._check_age(sent)
            fault = _fault_of(address, person)
        except _TooOld:
            fault = "fault.again"
        if fault:
            wishes, faults = Wishes.of(person), {"address": fault}
            return self._answer(claim, person, wishes, faults, new_address=address)
        answer = self.moving.ask(claim, address, network, now=self.clock())
        if answer is None:
            return self._over(claim)
        if answer is SignUpAnswer.TOO_MANY:
            return self._in(person.language).notice("too_many_sign_ups", 429)
        return RedirectResponse(f"{self._here(claim)}?address_asked", 303, headers=PRIVATE)

    def _shown_moving(self, claim: Claim) -> Response:
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            found = self.moving.standing(connection, claim, self.clock())
        if found is None:
            return self.pages.notice("address_over", 410)
        person, request = found
        address = masked(request.asked.address or "")
        return self._in(person.language).answer("address.html", address=address)

    def _moved(self, claim: Claim) -> Response:
        moved = self.moving.confirm(claim, now=self.clock())
        if moved is NotMoved.OVER:
            return self.pages.notice("address_over", 410)
        if moved is NotMoved.TAKEN:
            return self.pages.notice("address_taken", 409)
        log.info("address changed", subscriber=claim.public_id)
        return self._told("moved", moved)

    def _told(self, what: str, person: Subscriber) -> Response:
        place = f"{self.pages.site.base}/manage/{what}?language={person.language}"
        return RedirectResponse(place, 303, headers=PRIVATE)

    def _mailed(self, sent: Mapping[str, Sequence[str]], network: str) -> Response:
        address = sent.get("address", [""])[0].strip()
        pages = self._in(sent.get("read", [""])[0])
        try:
            self._check_age(sent)
            answer = self.sign_up.mail_link(address, network, now=self.clock())
        except UnusableAddress:
            fault = "fault.address" if address else "fault.no_address"
            return self._asked_for_link(pages, 422, address, {"address": fault})
        except _TooOld:
            return self._asked_for_link(pages, 422, address, {"send": "fault.again"})
        if answer is SignUpAnswer.TOO_MANY:
            return pages.notice("too_many_sign_ups", 429)
        place = f"{pages.site.base}/manage/sent?language={pages.words.tag}"
        return RedirectResponse(place, 303, headers=PRIVATE)


class _TooOld(Exception):
    """A form was not made here, or lay open for longer than anybody reads."""


def _said(faults: Mapping[str, str], words: Catalogue) -> Mapping[str, str]:
    """The sentence of each fault, of its name in a catalogue."""
    return {name: words.say(fault) for name, fault in faults.items()}


def _fault_of(address: str, person: Subscriber) -> str:
    """What is wrong with another address for somebody, as a name of the catalogue."""
    try:
        usable = checked(address)
    except UnusableAddress:
        return "fault.address" if address else "fault.no_address"
    if is_role(usable):
        return "fault.role"
    return "fault.same_address" if folded(usable) == folded(person.address) else ""
