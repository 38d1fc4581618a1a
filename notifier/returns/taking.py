"""Taking what came back: it is understood, on record, and heeded, once.

Knows the order of these. Must never know where it came in, nor answer it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import structlog

from feeds.storage import Connection
from feeds.storage.database import Database
from notifier.model import Subscriber, SubscriberState
from notifier.returns.bounded import READ_BYTES
from notifier.returns.classify import classified
from notifier.returns.consequence import PASSING, Consequence, PauseRule, SoftRule, follows
from notifier.returns.returned import ReturnedMail, ReturnKind
from notifier.storage import deliveries, returns, subscribers, suppressions
from notifier.storage.returns import Return
from notifier.storage.suppressions import Keyed, Suppression

log = structlog.get_logger(__name__)

_DAY = timedelta(days=1)
_SILENCING = frozenset({Consequence.SUPPRESS, Consequence.OBJECT})
#: What a pause counts; what repeats itself of somebody who is silent already is none of it.
_COUNTED = _SILENCING | {Consequence.ALARM}
_LOCAL_PART = re.compile(r"[^\s<>:;,()@]{1,64}@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What is done with each mail that comes back to an installation that signs with ``secret``.

    ``zone`` is the site's.
    """

    database: Database
    keyed: Keyed
    rule: SoftRule
    pause: PauseRule
    zone: ZoneInfo
    clock: Callable[[], datetime]
    secret: bytes = field(repr=False)

    def take(self, raw: bytes, recipients: Sequence[str] = ()) -> Return:
        """A mail, to these ``recipients`` of its envelope where they are known, is heeded; one that
        came before is not heeded again. Raises StoreError.
        """
        try:
            found = classified(raw, self.secret, recipients)
        except Exception:  # whoever wrote it must not stop what comes behind it
            log.exception("mail not understood")
            key = sha256(raw[:READ_BYTES]).hexdigest()
            found = ReturnedMail(key=key, kind=ReturnKind.OTHER)
        return self.heed(found)

    def heed(self, found: ReturnedMail) -> Return:
        """The same of what is understood already."""
        now = self.clock()
        with self.database.writing() as connection:
            person, elsewhere = self._addressee(connection, found)
            passing = 0
            if person and not elsewhere:
                since = now - self.rule.within
                passing = 1 + returns.passed(connection, person.id, PASSING, since)
            known = person is not None
            what = follows(found, is_known=known, passing=passing, rule=self.rule)
            # Whom a mail names that nobody signed is its writer's word: no domain is counted by it.
            told = elsewhere or (person.address if person else "")
            if what in _SILENCING and suppressions.of(connection, self.keyed(told)):
                # It is so by now: what was heeded once counts for nothing more.
                what = Consequence.NONE
            one = Return(
                key=found.key,
                at=now,
                kind=found.kind,
                delivery=found.claims.delivery,
                # What went elsewhere says nothing of their own address.
                subscriber=person.id if person and not elsewhere else None,
                domain=returns.domain_of(told),
                status=found.status,
                # What is kept of a suppression outlives whoever asks to be forgotten.
                diagnostic=_LOCAL_PART.sub("…@", found.diagnostic),
                consequence=what,
                way=found.way,
            )
            if returns.add(connection, one) and person:
                self._act(connection, person, elsewhere, what, one)
                self._watch(connection, one)
        log.info(
            "mail came back",
            kind=one.kind,
            delivery=one.delivery,
            consequence=what,
            way=one.way,
        )
        if what is Consequence.ALARM:
            log.warning("we are refused", domain=one.domain, status=one.status)
        return one

    def _addressee(
        self, connection: Connection, found: ReturnedMail
    ) -> tuple[Subscriber | None, str | None]:
        """Whose it is, by what was signed, and the address it went to where that is not their own;
        nobody's where they were erased since.
        """
        claims, elsewhere, person = found.claims, None, None
        if claims.delivery and (owned := deliveries.owner(connection, claims.delivery)):
            owner, elsewhere = owned
            person = subscribers.by_numbers(connection, [owner], self.zone).get(owner)
        elif claims.public_id:
            person = subscribers.by_public_id(connection, claims.public_id, self.zone)
        is_erased = person is not None and person.state is SubscriberState.ERASED
        return (None, None) if is_erased else (person, elsewhere)

    def _act(
        self,
        connection: Connection,
        person: Subscriber,
        elsewhere: str | None,
        what: Consequence,
        one: Return,
    ) -> None:
        # Who was asked to confirm an address elsewhere may be somebody else. Their own row comes
        # first, as with whoever leaves, asks or is erased, so that no two wait for each other.
        if not elsewhere and what in {Consequence.LEAVE, Consequence.OBJECT}:
            subscribers.leave(connection, person.public_id, one.at)
        if what in _SILENCING:
            barred = Suppression(
                address_hash=self.keyed(elsewhere or person.address),
                reason=one.kind,
                detail=f"{one.status} {one.diagnostic}".strip(),
                since=one.at,
            )
            suppressions.add(connection, [barred])

    def _watch(self, connection: Connection, one: Return) -> None:
        """A domain of which too much came back is paused: within a day, and since its last pause,
        which somebody may have ended who knows better.
        """
        if one.consequence not in _COUNTED:
            return
        kind, over = ReturnKind(one.kind), returns.pause_over(connection, one.domain, one.at)
        since = max(over or one.at - _DAY, one.at - _DAY)
        readers = returns.readers(connection, one.domain, kind, since, _COUNTED)
        if not self.pause.is_looked_at(kind, readers):
            return
        if self.pause.is_passed(kind, readers, deliveries.accepted(connection, one.domain, since)):
            returns.pause(connection, one.domain, one.at, one.at + self.pause.lasts)
            log.warning("domain paused", domain=one.domain, kind=kind, readers=readers)
