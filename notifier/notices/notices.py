"""What each notice says, made when it is about to leave: from what was asked for, and what is so.

Knows which kind of notice tells what, and how long its links count. Must never know who sends it,
or what becomes of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from feeds import search
from feeds.catalogue import Catalogue, catalogue
from feeds.errors import FeedsError
from feeds.model import Item
from feeds.selection import Selection
from feeds.storage import Connection
from feeds.storage.database import Database
from feeds.storage.read_items import shown, whole_items
from notifier.catalogue import FOLDER
from notifier.digest.contents import filled
from notifier.digest.named import Named
from notifier.errors import MessageRefused
from notifier.mail.lines import WholeLines
from notifier.mail.message import Sender
from notifier.model import (
    EVERY_DAY,
    Cadence,
    Frequency,
    NoticeKind,
    Skip,
    Subscriber,
    SubscriberState,
)
from notifier.notices.notice_form import Action, Listing, Notice, Part, rendered_notice
from notifier.storage import digests, subscribers, suppressions
from notifier.storage.cadences import zone_named
from notifier.storage.consent import requests
from notifier.storage.consent.requests import Asked, AskedRequest
from notifier.storage.digests import Erratum
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Keyed
from notifier.subscribers.links import MailLinks
from notifier.subscribers.subscribe import cadence_of

#: GDPR asks for no more than is needed; whoever does not read mail on a weekend has Monday.
CONFIRM_WITHIN = timedelta(hours=72)
#: Whoever asked for the link is there, and waits for it.
_ASKED_FOR = timedelta(hours=1)
#: Enough to see what will come.
_LATEST = 5

#: Those that are about what somebody asked for.
_OF_REQUESTS = frozenset({NoticeKind.CONFIRM, NoticeKind.MANAGE, NoticeKind.ADDRESS})
#: Those that ask the owner of a mailbox for their consent.
_CONFIRMING = frozenset({NoticeKind.CONFIRM, NoticeKind.ADDRESS})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is on record of some notices: the people, the requests, whose address is barred,
    and the latest items of what they follow, each a title and an address; what was wrong in
    digests, and of which items.
    """

    people: Mapping[int, Subscriber]
    requests: Mapping[int, AskedRequest]
    barred: frozenset[str]
    latest: Mapping[int, Sequence[tuple[str, str]]]
    errata: Mapping[int, Erratum]
    items: Mapping[int, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Makes notices. ``zone`` stands for any that is no more; ``shows_latest`` tells whether a
    welcome holds the latest items of what was chosen.
    """

    database: Database
    sender: Sender
    named: Named
    links: MailLinks
    keyed: Keyed
    zone: ZoneInfo
    page_of: Callable[[str], str]
    shows_latest: bool

    def compose(self, claimed: Sequence[Claimed]) -> Sequence[WholeLines | Skip | MessageRefused]:
        """The message of each notice, in their order, or why there is none; made again, it is the
        same as long as what it was made of is.
        """
        with self.database.reading() as connection:
            known = self._known(connection, claimed)
        return [self._made(one, known) for one in claimed]

    def _known(self, connection: Connection, claimed: Sequence[Claimed]) -> _Known:
        asked = [_number(one) for one in claimed if one.notice in _OF_REQUESTS]
        owners = {one.subscriber for one in claimed}
        people = subscribers.by_numbers(connection, owners, self.zone)
        welcome = {one.subscriber for one in claimed if one.notice == NoticeKind.WELCOME}
        latest = {
            owner: self._latest(connection, people[owner]) for owner in welcome if self.shows_latest
        }
        hashes = [self.keyed(one.address) for one in claimed]
        wrong = [_number(one) for one in claimed if one.notice == NoticeKind.CORRECTION]
        errata = digests.errata_of(connection, wrong)
        items = shown(connection, {each.item for each in errata.values()})
        return _Known(
            people,
            requests.among_requests(connection, asked),
            suppressions.among(connection, hashes),
            latest,
            errata,
            {item.number: item for item in items},
        )

    def _latest(self, connection: Connection, person: Subscriber) -> Sequence[tuple[str, str]]:
        found = {
            each.item: each.news_at
            for followed in person.followed
            for each in search.latest(connection, followed.selection, _LATEST)
        }
        numbers = sorted(found, key=lambda item: found[item], reverse=True)[:_LATEST]
        items = {item.number: item for item in whole_items(connection, numbers)}
        shown = (items[number] for number in numbers if number in items)
        return [(item.title, self.page_of(item.slug)) for item in shown]

    def _made(self, one: Claimed, known: _Known) -> WholeLines | Skip | MessageRefused:
        """One that cannot be made stops no other."""
        # What is asked of a mailbox by a confirmation is whether it is mailed again.
        if one.notice not in _CONFIRMING and self.keyed(one.address) in known.barred:
            return Skip.SUPPRESSED
        try:
            notice = self._notice(one, known)
            if notice is None:
                return Skip.NOTHING_LEFT
            template = rendered_notice(notice, self.sender)
            return filled(one, template, self.links, self.sender.address)
        except Exception:
            log.exception("notice not made", delivery=one.id)
            return MessageRefused("notice", "it could not be made; the log says why")

    def _notice(self, one: Claimed, known: _Known) -> Notice | None:
        person = known.people[one.subscriber]
        match one.notice:
            case NoticeKind.WELCOME:
                return self._welcome(one, person, known.latest.get(one.subscriber, ()))
            case NoticeKind.LINK:
                return self._link(one, person)
            case NoticeKind.MOVED:
                return self._moved(one, person)
            case NoticeKind.CORRECTION:
                return self._correction(person, known.errata[_number(one)], known.items)
            case _:
                return self._requested(one, person, known)

    def _requested(self, one: Claimed, person: Subscriber, known: _Known) -> Notice | None:
        """About what somebody asked for, unless they have confirmed it."""
        request = known.requests.get(_number(one))
        if request is None or request.confirmed_at:
            return None
        if one.notice == NoticeKind.CONFIRM:
            return self._confirm(person, request)
        make = self._address if one.notice == NoticeKind.ADDRESS else self._manage
        return make(one, person, request)

    def _confirm(self, person: Subscriber, request: AskedRequest) -> Notice:
        words = catalogue(request.asked.language, FOLDER)
        say, site = words.say, self.sender.site_title
        link, until = self._confirming(person, request, words)
        return self._told(
            "confirm_mail",
            words,
            say("confirm_mail.asked", site=site),
            self._listing(_selections(request.asked), words),
            asked_comes(request.asked, self.zone, words),
            Action(say("confirm_mail.do"), link),
            say("confirm_mail.until", until=until),
            say("confirm_mail.otherwise"),
        )

    def _manage(self, one: Claimed, person: Subscriber, request: AskedRequest) -> Notice:
        words = catalogue(person.language, FOLDER)
        say, site = words.say, self.sender.site_title
        has = [each.selection for each in person.followed]
        new = [each for each in _selections(request.asked) if each not in has]
        adding: tuple[Part, ...] = ()
        if new:
            link, until = self._confirming(person, request, words)
            adding = (
                say("manage_mail.more"),
                self._listing(new, words),
                Action(say("manage_mail.add"), link),
                say("confirm_mail.until", until=until),
            )
        return self._told(
            "manage_mail",
            words,
            say("manage_mail.asked", site=site),
            self._listing(has, words),
            *self._way(one, person, words),
            *adding,
            say("manage_mail.otherwise"),
        )

    def _link(self, one: Claimed, person: Subscriber) -> Notice | None:
        if person.state is not SubscriberState.ACTIVE:
            return None
        words = catalogue(person.language, FOLDER)
        say, site = words.say, self.sender.site_title
        return self._told(
            "link_mail",
            words,
            say("link_mail.asked", site=site),
            *self._way(one, person, words),
            say("manage_mail.otherwise"),
        )

    def _address(self, one: Claimed, person: Subscriber, request: AskedRequest) -> Notice | None:
        if person.state is not SubscriberState.ACTIVE:
            return None
        words = catalogue(person.language, FOLDER)
        say, site = words.say, self.sender.site_title
        ends = request.asked_at + CONFIRM_WITHIN
        link = self.links.address(one.public_id, one.epoch, str(request.id), ends)
        return self._told(
            "address_mail",
            words,
            say("address_mail.asked", site=site),
            Action(say("confirm_mail.do"), link),
            say("confirm_mail.until", until=self._moment(ends, person.zone, words)),
            say("manage_mail.otherwise"),
        )

    def _moved(self, one: Claimed, person: Subscriber) -> Notice:
        """To the address before: by its link whoever reads there ends what somebody else took."""
        words = catalogue(person.language, FOLDER)
        say, site = words.say, self.sender.site_title
        return self._told(
            "moved_mail",
            words,
            say("moved_mail.told", site=site),
            say("moved_mail.otherwise"),
            Action(say("leave_now"), self.links.unsubscribe(one.public_id, one.epoch)),
        )

    def _correction(
        self, person: Subscriber, wrong: Erratum, items: Mapping[int, Item]
    ) -> Notice | None:
        """What a digest told of an item, and what is true of it by now."""
        if person.state is not SubscriberState.ACTIVE:
            return None
        words, item = catalogue(person.language, FOLDER), items.get(wrong.item)
        say, parts = words.say, list[Part]()
        parts.append(say("correction_mail.told", site=self.sender.site_title, title=wrong.told))
        if item:
            parts.append(say("correction_mail.now"))
            parts.append(Listing(((item.title, self.page_of(item.slug)),)))
        else:
            parts.append(say("correction_mail.gone"))
        if wrong.note:
            parts.append(wrong.note)
        return self._told("correction_mail", words, *parts, is_of_list=True)

    def _welcome(
        self, one: Claimed, person: Subscriber, latest: Sequence[tuple[str, str]]
    ) -> Notice:
        words = catalogue(person.language, FOLDER)
        say = words.say
        parts: list[Part] = [say("welcome_mail.gets")]
        for often, cadence in person.cadences.items():
            chosen = [each.selection for each in person.followed if each.frequency is often]
            parts += [self._listing(chosen, words), comes_when(cadence, words)]
        manage = self.links.manage(one.public_id, one.epoch, one.created_at + self.links.manage_for)
        parts += [say("welcome_mail.change"), Action(say("manage_mail.do"), manage)]
        if latest:
            parts += [say("welcome_mail.latest"), Listing(tuple(latest))]
        return self._told("welcome_mail", words, *parts, is_of_list=True)

    def _way(self, one: Claimed, person: Subscriber, words: Catalogue) -> tuple[Part, Part]:
        """The button that leads to what they get, and until when it does."""
        ends = one.created_at + _ASKED_FOR
        link = self.links.manage(one.public_id, one.epoch, ends)
        until = self._moment(ends, person.zone, words)
        return Action(words.say("manage_mail.do"), link), words.say(
            "manage_mail.until", until=until
        )

    def _told(self, what: str, words: Catalogue, *parts: Part, is_of_list: bool = False) -> Notice:
        """A notice under its subject and heading, as a catalogue has them under ``what``."""
        return Notice(
            words=words,
            subject=words.say(f"{what}.subject", site=self.sender.site_title),
            title=words.say(f"{what}.title"),
            parts=parts,
            is_of_list=is_of_list,
        )

    def _confirming(
        self, person: Subscriber, request: AskedRequest, words: Catalogue
    ) -> tuple[str, str]:
        """The link that confirms, and until when it does."""
        until = request.asked_at + CONFIRM_WITHIN
        link = self.links.confirm(person.public_id, person.next_epoch, str(request.id), until)
        zone = zone_named(request.asked.timezone) or self.zone
        return link, self._moment(until, zone, words)

    @staticmethod
    def _moment(at: datetime, zone: ZoneInfo, words: Catalogue) -> str:
        local = at.astimezone(zone)
        hour = words.hour(local.hour * 60 + local.minute)
        return words.say("moment", day=words.day(local.date()), hour=hour, zone=zone.key)

    def _listing(self, selections: Sequence[Selection], words: Catalogue) -> Listing:
        pages = [self.named.page(each, words.tag) for each in selections]
        return Listing(tuple((page.label, page.url) for page in pages))


def said_as(cadence: Cadence) -> Frequency:
    """The frequency whose words say when mails of a cadence come.

    Daily on some days of the week is said as weekly on more than one.
    """
    return cadence.frequency if cadence.weekdays == EVERY_DAY else Frequency.WEEKLY


def comes_when(cadence: Cadence, words: Catalogue) -> str:
    """When mails of a cadence come, in a sentence."""
    return words.say(
        f"comes.{said_as(cadence)}",
        weekday=words.weekdays(cadence.weekdays),
        hour=words.hour(cadence.minute),
        zone=cadence.zone.key,
    )


def asked_comes(asked: Asked, otherwise: ZoneInfo, words: Catalogue) -> str:
    """The same of what was asked for; a zone ``otherwise`` stands for one that is none."""
    zone = zone_named(asked.timezone) or otherwise
    return comes_when(cadence_of(asked.frequency, asked.minute, asked.weekdays, zone), words)


def _selections(asked: Asked) -> Sequence[Selection]:
    """Those that are selections by now."""
    found = []
    for query in asked.queries:
        try:
            found.append(Selection.parse(query))
        except FeedsError:
            continue
    return found


def _number(one: Claimed) -> int:
    """Of the request that a notice is about."""
    return int(one.period.removeprefix(f"{one.notice}-"))
