"""What becomes of a draft: a new item, a revision of a known one, or nothing; and since when.

Knows what was remembered and what time it is, as far as it is told; which item a draft is about was
found in `duplicates`. Must never know how it is remembered, or ask the clock.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import Enum, StrEnum, auto

from feeds.draft import Draft
from feeds.identity.addresses import without_tracking
from feeds.identity.candidates import PUSHED
from feeds.identity.correction import Correction
from feeds.identity.ids import content_hash
from feeds.identity.likeness import plain
from feeds.identity.merge import completed
from feeds.identity.ownership import Precedence
from feeds.model import Fresh, Issued

#: Corrections come in ones and twos; a page that changed five times within a day shows a clock, a
#: counter or today's weather.
_BURST = 5
_DAY = timedelta(days=1)
#: A page that kept still for so long may be trusted again.
REMEMBERED = timedelta(days=7)


class Role(StrEnum):
    """What a document is to the item it leads to.

    ``own``: the item came of it. ``name``: it has one of the item's names. ``twin``: it says the
    same; it never revises the item, and is an item of its own once it says something else.
    ``apart``: a person says that it is an item of its own, which it is once it is read again.
    """

    OWN = "own"
    NAME = "name"
    TWIN = "twin"
    APART = "apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An item as far as a decision needs it; its slug names it.

    ``draft`` is what it says, ``source`` the one whose words these are, ``group`` the slug of the
    first item of those that say it in several languages, ``revised`` when it was of late. What an
    editor says of it by a ``correction`` is shown instead, and decides nothing here. It has no
    ``uid``, ``number`` and ``updated_at`` until it is stored.
    """

    slug: str
    revision: int
    draft: Draft
    source: str
    content_hash: str
    group: str
    revised: tuple[datetime, ...] = ()
    withdrawn_at: datetime | None = None
    uid: str = ""
    number: int = 0
    updated_at: datetime | None = None
    correction: Correction | None = None

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Nobody knew it. It joins the ``group`` that says it in other languages, if one does."""

    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """The known item says ``draft`` now; ``significant`` if readers should look again."""

    item: Known
    draft: Draft
    content_hash: str
    significant: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """The known item says this already, and is there again."""

    item: Known


@dataclass(frozen=True, slots=True)
class Postponed:
    """The known item changes all the time, or this is of an older state of its feed: what it says
    now is taken later, if it still does.
    """

    item: Known


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The item says this already, or as much as it is to say."""

    item: Known


class Pace(Enum):
    """How often an item may say something else.

    ``FREE`` as it likes; ``SLOW``: once a day, and it is no news; ``LATER``: it had its day.
    """

    FREE = auto()
    SLOW = auto()
    LATER = auto()


Decision = Added | Revised | Restored | Postponed | Unchanged


def decide(
    draft: Draft,
    source: str,
    known: Known,
    role: Role,
    now: datetime,
    *,
    precedence: Precedence = Precedence.EQUAL,
) -> Decision:
    """What becomes of ``draft``, which a document of ``source`` says about a ``known`` item.

    A revision is significant if title, summary, body or issue date differ by more than white
    space and punctuation (`substance`); what is filed otherwise, is in another language or lost a
    comma reaches readers of the feed without being announced as new (RFC 4287, section 4.2.15).
    So does what only fills a gap, a whole text in place of its lead, words of a higher rank, and an
    ever-changing page. ``precedence`` says what the word of the source is worth.
    """
    if precedence is Precedence.THIRD_PARTY or (role is Role.TWIN and known.is_withdrawn):
        # Its publisher took it away; that somebody else still shows a copy changes nothing.
        return Unchanged(known)
    if _is_of_an_older_state(draft, known.draft, now):
        return Postponed(known)
    outranks = precedence in {Precedence.HIGHER, Precedence.OWNER}
    replaces = outranks or _may_replace(draft, source, known, role)
    told = _told(draft, source, known, role) if replaces else completed(known.draft, draft)
    if precedence is Precedence.OWNER:
        # Nothing stays of what a stranger said.
        told = draft
    is_own = precedence is Precedence.OWNER or (source == known.source and role is Role.OWN)
    if is_own and draft.url:
        # Whose words these are says where they are to be found now.
        told = replace(told, url=draft.url)
    said = content_hash(told)
    is_same = said == content_hash(known.draft) and precedence is not Precedence.OWNER
    if is_same and not _gains(told, known.draft, is_own=is_own):
        return Restored(known) if known.is_withdrawn else Unchanged(known)
    # Whoever pushes means it, and nobody would look again.
    speed = Pace.FREE if draft.form == PUSHED else pace(known.revised, now)
    if speed is Pace.LATER:
        return Postponed(known)
    is_like_for_like = replaces and told.partial == known.draft.partial
    differs = is_like_for_like and says_otherwise(told, known.draft)
    significant = differs and speed is Pace.FREE and precedence is not Precedence.HIGHER
    return Revised(item=known, draft=told, content_hash=said, significant=significant)


def pace(revised: Sequence[datetime], now: datetime) -> Pace:
    """How an item revised at these times may be revised ``now``."""
    times = sorted(at for at in revised if now - at < REMEMBERED)
    bursts = zip(times, times[_BURST - 1 :], strict=False)
    if not any(last - first < _DAY for first, last in bursts):
        return Pace.FREE
    return Pace.LATER if now - times[-1] < _DAY else Pace.SLOW


def substance(title: str, summary: str, body: str, issued: Issued | None) -> str:
    """Equal for two texts whose readers would learn the same."""
    day = issued.iso if issued else ""
    said = "\0".join([*map(plain, (title, summary, body)), day])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _is_of_an_older_state(draft: Draft, known: Draft, now: datetime) -> bool:
    """Whether what is told was told before what is known, by the word of the feed both came from
    (atom:updated, RFC 4287 section 4.2.15): a hub may be late, and anybody send it once more.
    """
    one, other = draft.provenance, known.provenance
    if not (one and other and one.feed_id == other.feed_id):
        return False
    if not (one.feed_updated and other.feed_updated):
        return False
    # A feed whose clock was ahead says nothing by it.
    return one.feed_updated < other.feed_updated <= now + _DAY


def _may_replace(draft: Draft, source: str, known: Known, role: Role) -> bool:
    """Whether the words of ``draft`` may take the place of the known ones, or only fill gaps."""
    if draft.partial:
        return known.draft.partial and role is Role.OWN and source == known.source
    return known.draft.partial or (source == known.source and role is not Role.TWIN)


def _told(draft: Draft, source: str, known: Known, role: Role) -> Draft:
    # What is pushed is all its publisher says (PUT, RFC 9110 section 9.3.4): a field that was
    # taken out must go.
    is_all = draft.form == PUSHED and role is Role.OWN and source == known.source
    return draft if is_all and not draft.partial else completed(draft, known.draft)


def _gains(told: Draft, known: Draft, *, is_own: bool) -> bool:
    """Whether something is known now that says nothing to readers: an address, which only its own
    document changes, or an origin. Another spelling of an address may be the only one that answers,
    but for what follows readers.
    """
    if told.url and known.url is None:
        return True
    if is_own and told.url and known.url and told.url != known.url:
        return without_tracking(told.url) != without_tracking(known.url)
    return told.provenance is not None and known.provenance is None


def says_otherwise(one: Draft, other: Draft) -> bool:
    """Whether readers of one would learn something else than those of the other."""
    said, known = (
        substance(each.title, each.summary, each.body, each.issued) for each in (one, other)
    )
    return said != known


# -- When it was published and updated, in UTC, and whether it was news by then -------------------

# When a day of which no hour is known counts as told.
_NOON = time(12)
_SECONDS_OF_HALF_A_DAY = 12 * 60 * 60
# Microseconds are what tells instants of one second apart. Archived items use those below, all
# others the rest, so that no two of them can meet before 43 million items.
_ARCHIVE_MICROSECONDS = 1_000
_NEWS_MICROSECONDS = 1_000_000 - _ARCHIVE_MICROSECONDS
_SECOND = timedelta(seconds=1)


def freshness(
    draft: Draft,
    now: datetime,
    *,
    backfill: bool,
    archive_after_days: int,
    is_first_look: bool = False,
) -> Fresh:
    """Archive if we are told so, or if it was issued long ago, or last changed long ago where
    nobody says when it was issued; a text without any date is news, as we would have met it before,
    unless this ``is_first_look`` at its source: then whatever says no day of issue may be old.
    """
    if backfill or (is_first_look and draft.issued is None):
        return Fresh.ARCHIVE
    oldest = now.astimezone(UTC).date() - timedelta(days=archive_after_days)
    day = draft.issued.day if draft.issued else draft.updated
    return Fresh.ARCHIVE if day and day < oldest else Fresh.NEWS


def published_at(issued: Issued | None, seen_at: datetime, zone: tzinfo) -> datetime | None:
    """The second of publication, in UTC; None where the day is unknown.

    A day of which no hour is told is published at noon in the site's ``zone``: at midnight it would
    be the day before for all who live west of it. What was issued "in the future" was published
    when we saw it.
    """
    if issued is None:
        return None
    said = issued.at or datetime.combine(issued.day, _NOON, zone)
    return min(said, seen_at).astimezone(UTC).replace(microsecond=0)


def first_updated(
    issued: Issued | None, now: datetime, fresh: Fresh, zone: tzinfo, *, number: int, change: int
) -> datetime:
    """When a new item was last changed: unique in the store, at or after its publication.

    What is news changed now. What is archived keeps its day in the site's ``zone``, at a time
    behind noon, or behind the hour that is told, made from its number in the store: nobody knows a
    better one.
    """
    published = published_at(issued, now, zone)
    if fresh is Fresh.NEWS or published is None:
        return revised_updated(now, change)
    noon = datetime.combine(published.astimezone(zone), _NOON, zone).astimezone(UTC)
    first = max(noon, published)
    rounds, second = divmod(number, _SECONDS_OF_HALF_A_DAY)
    # By what is left of its seconds each number has an instant of its own, in every zone.
    wait = (second - int(first.timestamp())) % _SECONDS_OF_HALF_A_DAY
    updated = first + timedelta(seconds=wait, microseconds=rounds % _ARCHIVE_MICROSECONDS)
    return updated if updated <= now else revised_updated(now, change)


def revised_updated(now: datetime, change: int, after: datetime | None = None) -> datetime:
    """When an item was changed by ``change``: now, to the second, unique in the store, and later
    than ``after``, whatever became of the clock.
    """
    microsecond = _ARCHIVE_MICROSECONDS + change % _NEWS_MICROSECONDS
    updated = now.astimezone(UTC).replace(microsecond=microsecond)
    if after is None or updated > after:
        return updated
    return (after + _SECOND).astimezone(UTC).replace(microsecond=microsecond)
