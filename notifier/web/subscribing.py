"""How a reader comes: the form that says what comes how often, and the link that confirms it.

Knows the fields of the form, and what is said of each that is wrong. Must never say whether an
address is known, nor write one to a log.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from config.values import is_one_line
from feeds import search
from feeds.catalogue import Catalogue, languages, nearest
from feeds.storage.database import Database
from feeds.web.request_limits import CLIENT, PATIENCE_SECONDS, RateLimit, ThreadLimit
from notifier.errors import UnusableAddress
from notifier.model import EVERY_DAY, Frequency, Shown, Subscriber
from notifier.notices.notices import asked_comes
from notifier.storage.cadences import zone_named
from notifier.storage.consent.requests import Asked
from notifier.subscribers.links import Claim, LinkScope
from notifier.subscribers.preferences import spelt_hour
from notifier.subscribers.sign_up import NotConfirmed, SignUp, SignUpAnswer, is_role
from notifier.subscribers.subscribe import USUAL_MINUTE, checked
from notifier.web.forms import LEAST, MOST, age, is_ours, minted, zone_guessed, zones
from notifier.web.offers import Offers, minute_of
from notifier.web.private_pages import PRIVATE, PrivatePages, claim_of

log = structlog.get_logger(__name__)

#: The fields that few change, which are folded unless there is something wrong with them.
_FOLDED = frozenset({"hour", "weekday", "zone", "language"})
#: So far back what came is counted.
_WEEKS = 12
#: More than any address has (RFC 5321 section 4.5.3.1), or any page of ours.
_LONGEST = 500
#: Nobody follows more at once, and each is counted.
_MOST_CHOSEN = 50
#: Whoever fills in the form looks at it some times; each look counts what comes.
_AT_ONCE, _A_SECOND = 60, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What is in the form, as it was typed; ``read`` is the language it was shown in, ``client`` is
    who sent it.
    """

    address: str
    queries: tuple[str, ...]
    often: str
    hour: str
    weekday: str
    zone: str
    language: str
    page: str
    read: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribing:
    """The requests of signing up: GET shows, POST acts; ``version`` is that of the program, whose
    words they read.
    """

    database: Database
    sign_up: SignUp
    offers: Offers
    secret: bytes
    pages: PrivatePages
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    version: str
    _limit: RateLimit = field(default_factory=partial(RateLimit, _AT_ONCE, _A_SECOND), init=False)
    _looks: ThreadLimit = field(default_factory=ThreadLimit, init=False)
    _asks: ThreadLimit = field(default_factory=ThreadLimit, init=False)

    # -- The form ----------------------------------------------------------------------------------

    async def form(self, request: Request) -> Response:
        """GET shows the form; so does POST of the short one that published pages have. POST of the
        whole form asks, which is answered the same whoever has the address.
        """
        if self._limit.wait_seconds(request.scope.get(CLIENT, ""), time.monotonic()):
            return self.pages.notice("too_often", 429)
        if request.method != "POST":
            return await self._shown(self._filled(request, request.query_params.multi_items()))
        sent = await self.pages.sent(request)
        if isinstance(sent, Response):
            return sent
        filled = self._filled(request, [(name, one) for name in sent for one in sent[name]])
        return await self._sent_in(filled, sent)

    async def _sent_in(self, filled: Filled, sent: Mapping[str, Sequence[str]]) -> Response:
        if "token" not in sent:
            return await self._shown(filled)
        if any(sent.get("website", ())):
            # A person does not see this field: a program is told what it wants to hear.
            return self._sent(filled)
        faults = self._faults(filled, sent["token"][0])
        if faults:
            return await self._shown(filled, faults)
        answer = await self._asks.run(self._ask, filled)
        if answer is SignUpAnswer.TOO_MANY:
            return self._in(filled.language).notice("too_many_sign_ups", 429)
        return self._sent(filled)

    async def sent(self, request: Request) -> Response:
        """What to do next, said to everybody alike."""
        return self._in(request.query_params.get("language", "")).notice("check_mail")

    def _sent(self, filled: Filled) -> Response:
        """Loaded again, nothing is asked again (RFC 9110 15.4.4)."""
        language = nearest(filled.language) or self.pages.words.tag
        place = f"{self.pages.site.base}/subscribe/sent?language={language}"
        return RedirectResponse(place, 303, headers=PRIVATE)

    def _filled(self, request: Request, fields: Sequence[tuple[str, str]]) -> Filled:
        """What was typed, the rest as it is usual."""
        sent = {
            name: value.strip()[:_LONGEST] for name, value in reversed(fields) if is_one_line(value)
        }
        accepted = request.headers.get("accept-language", "")
        zone = zone_guessed(accepted, self.pages.site.timezone)
        chosen = dict.fromkeys(value for name, value in fields if name == "select")
        return Filled(
            address=sent.get("address", ""),
            queries=tuple(chosen)[:_MOST_CHOSEN],
            often=sent.get("often", Frequency.DAILY),
            hour=sent.get("hour", spelt_hour(USUAL_MINUTE)),
            weekday=sent.get("weekday", "0"),
            zone=sent.get("zone", zone.key),
            language=sent.get("language", "") or self.pages.words.tag,
            page=sent.get("page", request.url.path),
            read=sent.get("read", ""),
            client=request.scope.get(CLIENT, ""),
        )

    def _faults(self, filled: Filled, token: str) -> Mapping[str, str]:
        """What is wrong, by the field it is beside, as a name of the catalogue."""
        faults: dict[str, str] = {}
        try:
            if is_role(checked(filled.address)):
                faults["address"] = "fault.role"
        except UnusableAddress:
            faults["address"] = "fault.address" if filled.address else "fault.no_address"
        if not self.offers.selections(filled.queries):
            faults["select"] = "fault.nothing"
        if filled.often not in {*Frequency}:
            faults["often"] = "fault.often"
        if minute_of(filled.hour) is None:
            faults["hour"] = "fault.hour"
        if filled.weekday not in {str(day) for day in EVERY_DAY}:
            faults["weekday"] = "fault.weekday"
        if zone_named(filled.zone) is None:
            faults["zone"] = "fault.zone"
        if filled.language not in languages():
            faults["language"] = "fault.language"
        passed = age(token, self.secret, self.clock())
        if not faults and (passed is None or not LEAST <= passed <= MOST):
            faults["send"] = "fault.again"
        return faults

    async def _shown(self, filled: Filled, faults: Mapping[str, str] | None = None) -> Response:
        pages = self._in(filled.language)
        chosen = await self._looks.run(self._chosen, filled.queries, pages.words)
        following = {query for query, _, _ in chosen}
        return pages.answer(
            "subscribe.html",
            422 if faults else 200,
            filled=filled,
            is_open=not _FOLDED.isdisjoint(faults or {}),
            faults={name: pages.words.say(said) for name, said in (faults or {}).items()},
            chosen=chosen,
            offered=self.offers.topics(pages.words.tag, following),
            read=pages.words.tag,
            token=minted(self.secret, self.clock()),
            zones=[(each, each, "") for each in dict.fromkeys((filled.zone, *zones()))],
            languages=[(tag, Catalogue.own_name(tag), tag) for tag in languages()],
            weekdays=[(str(day), pages.words.weekdays({day}), "") for day in sorted(EVERY_DAY)],
            consent=self._consent(pages.words),
        )

    def _chosen(self, queries: Sequence[str], words: Catalogue) -> Sequence[tuple[str, str, str]]:
        """The query of what is chosen, its label, and how much of it comes."""
        end = self.clock()
        start = end - timedelta(weeks=_WEEKS)
        found = []
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            for selection in self.offers.selections(queries):
                count = len(search.became_news(connection, selection, start, end))
                label = self.offers.label(selection, words.tag)
                found.append((selection.query, label, a_week(count, words)))
        return found

    def _ask(self, filled: Filled) -> SignUpAnswer:
        often = Frequency(filled.often)
        is_scheduled = often is not Frequency.IMMEDIATE
        selections = self.offers.selections(filled.queries)
        asked = Asked(
            queries=tuple(each.query for each in selections),
            frequency=often,
            timezone=filled.zone,
            language=filled.language,
            minute=minute_of(filled.hour) if is_scheduled else None,
            weekdays=(
                frozenset({int(filled.weekday)}) if often is Frequency.WEEKLY else frozenset()
            ),
        )
        return self.sign_up.ask(
            filled.address,
            asked,
            partial(self._read_by, filled, asked),
            filled.client,
            public_id=self.new_id(),
            now=self.clock(),
        )

    def _read_by(self, filled: Filled, asked: Asked) -> Shown:
        """What they read is what they agreed to, whatever language they chose for their mails."""
        words = self._in(filled.read or filled.language).words
        chosen = self._chosen(filled.queries, words)
        when = asked_comes(asked, self.pages.site.timezone, words)
        amounts = (f"{label}: {amount}" for _, label, amount in chosen)
        return Shown(
            page=filled.page,
            text="\n".join((*amounts, when, self._consent(words))),
            version=self.version,
            network=self.sign_up.kept_of(filled.client),
        )

    def _consent(self, words: Catalogue) -> str:
        return words.say("sign_up_consent", site=self.pages.site.title)

    # -- The link that confirms --------------------------------------------------------------------

    async def confirm(self, request: Request) -> Response:
        """GET shows what is confirmed, and a button: programs that look for malware follow links.
        POST confirms, and leads to the page that says what comes next.
        """
        claim = claim_of(request, self.secret, LinkScope.CONFIRM)
        if claim is None or not claim.extra.isdecimal():
            return self.pages.notice("damaged_link", 404)
        if request.method == "POST":
            if not is_ours(request, self.pages.site.url):
                return self.pages.notice("not_understood", 403)
            found = await self._asks.run(self._confirm, claim)
            if found is NotConfirmed.OVER:
                return self.pages.notice("confirm_over", 410)
            return RedirectResponse(request.url.path, 303, headers=PRIVATE)
        return await self._looks.run(self._standing, claim)

    def _confirm(self, claim: Claim) -> Subscriber | NotConfirmed:
        found = self.sign_up.confirm(claim, now=self.clock())
        if not isinstance(found, NotConfirmed):
            log.info("subscribed", subscriber=claim.public_id)
        return found

    def _standing(self, claim: Claim) -> Response:
        now = self.clock()
        with self.database.reading(patience_seconds=PATIENCE_SECONDS) as connection:
            found = self.sign_up.standing(connection, claim, now)
            if found is NotConfirmed.DONE:
                person = self.sign_up.person(connection, claim)
                return self._done(person) if person else self.pages.notice("confirm_over", 410)
        if isinstance(found, NotConfirmed):
            return self.pages.notice("confirm_over", 410)
        _, request = found
        asked = request.asked
        pages = self._in(asked.language)
        labels = [
            self.offers.label(each, pages.words.tag)
            for each in self.offers.selections(asked.queries)
        ]
        when = asked_comes(asked, pages.site.timezone, pages.words)
        return pages.answer("confirm.html", labels=labels, when=when)

    def _done(self, person: Subscriber) -> Response:
        """What comes when, to whoever is subscribed."""
        pages = self._in(person.language)
        return pages.answer("confirmed.html", comes=self.offers.coming(person, pages.words))

    def _in(self, language: str) -> PrivatePages:
        """Pages in somebody's own language, where there are any."""
        return self.pages.in_language(nearest(language) or self.pages.words.tag)


def a_week(count: int, words: Catalogue) -> str:
    """How many items come a week, of so many in the last weeks, in words."""
    many = round(count / _WEEKS)
    return words.count("a_week", many) if many else words.say("rarely")
