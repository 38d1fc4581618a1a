"""The message of each delivery, made when it is about to leave: what is true then.

Knows how what somebody follows becomes a message, and that the same one is made again. Must never
know who sends it, or what becomes of it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from feeds.model import TopicRef
from feeds.selection import Selection
from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.digest.compose import Interest, compose
from notifier.digest.known_news import KnownNews
from notifier.digest.recipe import Recipe, items_of
from notifier.digest.schedule import named_so
from notifier.errors import MessageRefused
from notifier.mail.lines import WholeLines
from notifier.mail.message import fill
from notifier.model import Digest, Frequency, Skip, message_id
from notifier.storage import digests, sending, subscribers, suppressions
from notifier.storage.cadences import zone_named
from notifier.storage.digests import ToldItems
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Keyed
from notifier.subscribers.links import MailLinks

#: About 20 kB each, so 20 MB: enough for the favourite selections of a run.
_KEPT_TEMPLATES = 1024

log = structlog.get_logger(__name__)

# Those that were planned together share it.
_date = lru_cache(64)(format_datetime)


class Render(Protocol):
    """Makes the message that everybody who gets this digest shares, its slots still open.

    The same local day, selections, frequency and language give the same bytes.
    """

    def __call__(
        self,
        digest: Digest,
        *,
        follows: tuple[Selection, ...],
        frequency: Frequency,
        day: date,
        language: str,
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Person:
    """What is asked for of whoever a delivery is to: the spelt ``recipe`` of what they were told by
    it before, if they were, and the items that were ``told``, where one may be again.
    """

    interests: Sequence[Interest]
    muted: frozenset[TopicRef]
    is_barred: bool
    recipe: str | None
    told: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class _Made:
    """What is told, by its ``recipe``: so many ``items``, in a ``template``."""

    recipe: str
    items: int
    template: bytes

    @property
    def name(self) -> str:
        return sha256(self.recipe.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class Contents:
    """Makes messages; keeps at hand what many share, for as long as nothing changes.

    ``zone`` stands for any that is no more, ``sender`` is the address that mails come from;
    ``notices`` makes what is no digest.
    """

    database: Database
    render: Render
    links: MailLinks
    keyed: Keyed
    sender: str
    moved: Mapping[TopicRef, TopicRef]
    zone: ZoneInfo
    max_items: int
    notices: Callable[[Sequence[Claimed]], Sequence[WholeLines | Skip | MessageRefused]]
    _known: KnownNews = field(init=False)
    _templates: dict[str, bytes] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._known = KnownNews(self.moved)

    def compose(self, claimed: Sequence[Claimed]) -> list[WholeLines | Skip | MessageRefused]:
        """The message of each delivery, in their order, or why there can be none.

        Notices are made by themselves. What a digest tells is on record, so that it tells the same
        again, as far as that is still shown and in the words that it has by then.
        """
        if notices := [one for one in claimed if one.notice]:
            others = [one for one in claimed if not one.notice]
            messages = [*self.notices(notices), *self.compose(others)]
            ids = [one.id for one in (*notices, *others)]
            by_id = dict(zip(ids, messages, strict=True))
            return [by_id[one.id] for one in claimed]
        with self.database.reading() as connection:
            people = self._people(connection, claimed)
        made: list[_Made | Skip | MessageRefused] = []
        told = defaultdict[int, set[int]](set)
        for one, each in zip(claimed, people, strict=True):
            # What is about to leave is told, too.
            told_now = told[one.subscriber]
            person = each if each.told is None else replace(each, told=each.told | told_now)
            made.append(result := self._made(one, person))
            if isinstance(result, _Made):
                told_now |= items_of(result.recipe)
        new = [
            (one, each)
            for one, each in zip(claimed, made, strict=True)
            if isinstance(each, _Made) and one.rendering is None
        ]
        if new:
            tells = [ToldItems(one.id, each.name, each.items) for one, each in new]
            with self.database.writing() as connection:
                recipes = {each.name: each.recipe for _, each in new}
                digests.keep(connection, recipes, tells, max(one.created_at for one, _ in new))
        return [
            filled(one, each.template, self.links, self.sender) if isinstance(each, _Made) else each
            for one, each in zip(claimed, made, strict=True)
        ]

    def copy(self, public_id: str, period: str, patience_seconds: float) -> bytes | None:
        """The message that somebody got for a period, as far as it is still shown; None where
        nothing of it is, or they got none. It waits no longer for what others hold: StoreError.
        """
        with self.database.reading(patience_seconds=patience_seconds) as connection:
            one = sending.of_period(connection, public_id, period)
            if one is None or one.rendering is None:
                return None
            message = self.as_read(connection, one)
        return bytes(message) if isinstance(message, WholeLines) else None

    def as_read(
        self, connection: Connection, one: Claimed, *, is_once_more: bool = False
    ) -> WholeLines | Skip | MessageRefused:
        """The message of a delivery for whoever looks at it, or why there is none; nothing of it is
        put on record. With ``is_once_more`` it tells what they were told before, too.
        """
        [person] = self._people(connection, [one])
        told = None if is_once_more else person.told
        made = self._made(one, replace(person, is_barred=False, told=told))
        if not isinstance(made, _Made):
            return made
        return filled(one, made.template, self.links, self.sender)

    def _people(self, connection: Connection, claimed: Sequence[Claimed]) -> list[_Person]:
        before = self._known.upto
        self._known.forget(connection)
        if before != self._known.upto:
            self._templates.clear()
        new = [one for one in claimed if one.rendering is None]
        owners = [one.subscriber for one in new]
        spans = subscribers.followed(connection, owners)
        interests = {
            owner: self._known.interests(connection, spans.get(owner, ())) for owner in owners
        }
        self._known.learn(connection, [(interests[one.subscriber], one.windows) for one in new])
        recipes = digests.recipes(connection, {one.rendering for one in claimed if one.rendering})
        for recipe in recipes.values():
            self._known.learn_items(connection, items_of(recipe))
        muted = subscribers.muted(connection, owners)
        hashes = {one.id: self.keyed(one.address) for one in claimed}
        barred = suppressions.among(connection, [*hashes.values()])
        return [
            _Person(
                interests.get(one.subscriber, ()),
                muted.get(one.subscriber, frozenset()),
                hashes[one.id] in barred,
                recipes.get(one.rendering or ""),
                self._told(connection, one, interests.get(one.subscriber, ())),
            )
            for one in claimed
        ]

    def _told(
        self, connection: Connection, one: Claimed, interests: Sequence[Interest]
    ) -> frozenset[int] | None:
        """What somebody was told, where something is new to them that may have been before."""
        news = self._known.news
        found = [match for each in interests for match in each.matching(news, one.windows)]
        is_asked = any(match.is_again for match in found) or any(each.until for each in interests)
        if not found or not is_asked:
            return None
        recipes = digests.told(connection, one.subscriber, one.id)
        return frozenset().union(*map(items_of, recipes))

    def _made(self, one: Claimed, person: _Person) -> "_Made | Skip | MessageRefused":
        """One whose digest cannot be made stops no other."""
        if person.is_barred:
            return Skip.SUPPRESSED
        try:
            if person.recipe is not None:
                recipe = Recipe.read(person.recipe, self._known.items)
            else:
                recipe = self._recipe(one, person)
            return self._rendered(recipe) if recipe else Skip.NOTHING_LEFT
        except Exception:
            log.exception("digest not made", delivery=one.id)
            return MessageRefused("digest", "it could not be made; the log says why")

    def _recipe(self, one: Claimed, person: _Person) -> Recipe | None:
        digest = compose(
            person.interests,
            self._known.news,
            one.windows,
            limit=self.max_items,
            muted=person.muted,
            told=person.told,
        )
        if digest is None:
            return None
        frequency, day = named_so(one.period)
        if day is None:
            zone = zone_named(one.timezone) or self.zone
            day = one.created_at.astimezone(zone).date()
        followed = (each.selection for each in person.interests if each.until is None)
        return Recipe(
            digest=digest,
            follows=tuple(dict.fromkeys(followed)),
            frequency=frequency,
            day=day,
            language=one.language,
        )

    def _rendered(self, recipe: Recipe) -> "_Made":
        spelt = recipe.spelt()
        if spelt not in self._templates:
            if len(self._templates) >= _KEPT_TEMPLATES:
                self._templates.clear()
            self._templates[spelt] = self.render(
                recipe.digest,
                follows=recipe.follows,
                frequency=recipe.frequency,
                day=recipe.day,
                language=recipe.language,
            )
        return _Made(spelt, recipe.digest.total, self._templates[spelt])


def filled(
    one: Claimed, template: bytes, links: MailLinks, sender: str
) -> WholeLines | MessageRefused:
    """The message of a delivery that comes from the address ``sender``, or why there is none."""
    leave, view, manage = links.of_mail(one.public_id, one.epoch, one.period, one.created_at)
    values = {
        "recipient": one.recipient,
        "message_id": message_id(one.public_id, one.period, sender),
        "date": _date(one.created_at),
        "unsubscribe_url": leave,
        "view_url": view,
        # Counted from when it was planned: sent once more, it is the same to the last byte.
        "manage_url": manage,
    }
    try:
        return fill(template, values)
    except MessageRefused as error:
        return error
