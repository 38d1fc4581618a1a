"""The digest that somebody would get now, for whoever looks after mails: nothing of it is kept.

Knows in which order the parts of a house make one. Must never write to the store, nor give away a
link of its reader's: those of a preview are nobody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from feeds.storage import Connection
from notifier.app import mail_parts
from notifier.app.house import House
from notifier.digest.schedule import delivery_name, period_at_once
from notifier.errors import MessageRefused, NothingToShow
from notifier.model import Envelope, Frequency, Skip, Subscriber, Window, message_id
from notifier.storage import matches, subscribers
from notifier.storage.sending import Claimed
from notifier.web.view import opened, part


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A message as it would be sent; it tells what ``is_new``, or what was so before."""

    envelope: Envelope
    is_new: bool

    def write(self, folder: Path) -> tuple[Path, ...]:
        """The message as it is, and its two bodies, are files of the folder."""
        content = bytes(self.envelope.content)
        message = opened(content)
        bodies = {f"digest.{end}": part(message, kind) or "" for end, kind in _BODIES.items()}
        folder.mkdir(parents=True, exist_ok=True)
        files = {"digest.eml": content} | {name: each.encode() for name, each in bodies.items()}
        for name, each in files.items():
            (folder / name).write_bytes(each)
        return tuple(folder / name for name in files)


_BODIES = {"txt": "plain", "html": "html"}


def preview(house: House, address: str, now: datetime, *, to: str | None = None) -> Preview:
    """What somebody would get at ``now``, addressed ``to`` somebody else where that is given: what
    is new to them, or where nothing is, all that was since they follow it.

    Raises UnknownSubscriber, NothingToShow, MessageRefused.
    """
    # Made before: some look into the store for it.
    planner, contents, zone = house.planner, house.contents, house.site.timezone
    # What happened to news until now is matched for this, and that is undone.
    with house.database.writing(dry_run=True) as connection:
        planner.match(connection, now)
        one = _claimed(connection, subscribers.known(connection, address, zone), now, to)
        content = contents.as_read(connection, one)
        is_new = not isinstance(content, Skip)
        if not is_new:
            since_ever = {often: replace(each, after=0) for often, each in one.windows.items()}
            again = one._replace(windows=since_ever)
            content = contents.as_read(connection, again, is_once_more=True)
    if isinstance(content, Skip):
        raise NothingToShow(address)
    if isinstance(content, MessageRefused):
        raise content
    sign = mail_parts.signing(house.settings)
    sender = house.settings.mail.from_address
    envelope = Envelope(
        delivery=one.id,
        message_id=message_id(one.public_id, one.period, sender),
        sender=sender,
        recipient=one.recipient,
        content=sign(content) if sign else content,
        attempts=0,
        in_doubt=0,
        first_at=now,
    )
    return Preview(envelope=envelope, is_new=is_new)


def _claimed(connection: Connection, person: Subscriber, now: datetime, to: str | None) -> Claimed:
    """A delivery as there would be one if all that somebody follows were due."""
    upto = matches.matched(connection)
    windows = {
        often: Window(after=min(after, upto), upto=upto)
        for often, after in subscribers.reached(connection, person.id).items()
    }
    return Claimed(
        id=0,
        subscriber=person.id,
        public_id=f"preview-{int(now.timestamp())}",
        epoch=0,
        address=to or person.address,
        language=person.language,
        timezone=person.zone.key,
        period=_period(windows, now.astimezone(person.zone).date().isoformat(), upto),
        windows=windows,
        rendering=None,
        attempts=0,
        in_doubt=0,
        created_at=now,
        tried_at=None,
    )


def _period(windows: Mapping[Frequency, Window], day: str, upto: int) -> str:
    if windows.keys() == {Frequency.IMMEDIATE}:
        return period_at_once(upto)
    is_weekly = windows.keys() == {Frequency.WEEKLY}
    return delivery_name(Frequency.WEEKLY if is_weekly else Frequency.DAILY, day)
