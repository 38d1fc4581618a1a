"""What may go wrong, what each means for who runs the house, and when they are told.

Knows words and moments. Must never know how something was found out, or how anybody is told.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

#: After so many times the wait before somebody is told, what is over stays over: then that is told,
#: and what begins again sooner is the same incident, so that what comes and goes is told once.
CALM: Final = 5
#: What stands in a row, in a mail and on a page is read by people.
LONGEST_PROBLEM_CHARS: Final = 500


class IncidentKind(StrEnum):
    """What is wrong; the names are those of the label ``kind`` of the metrics."""

    STORE = "store"
    MIGRATION = "migration"
    JOB = "job"
    JOB_LATE = "job-late"
    WEB_PROCESS = "web-process"
    PUBLISHING = "publishing"
    BUCKET = "bucket"
    RELAY_AWAY = "relay-away"
    RELAY_REFUSES = "relay-refuses"
    QUEUE = "queue"
    MAILBOX = "mailbox"
    WEBHOOK_KEY = "webhook-key"
    SOURCE = "source"
    HUB = "hub"
    WEBHOOK = "webhook"
    DISK = "disk"
    CLOCK = "clock"
    NODE = "node"
    SECOND_DAEMON = "second-daemon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """``what`` is wrong, of a ``{subject}``, and the ``action`` that mends it.

    What ``is_critical`` readers notice, or soon will; the rest can wait for the morning. What
    nobody can say is over is so once it was not met again for as long as it ``lasts``.
    """

    what: str
    action: str
    is_critical: bool = False
    lasts: timedelta | None = None


MEANINGS: Final[Mapping[IncidentKind, Meaning]] = {
    IncidentKind.STORE: Meaning(
        what="the store cannot be used",
        action="nothing is lost, and work goes on by itself once it can: look whether the database"
        " runs, and whether its disk has room and may be written to",
        is_critical=True,
    ),
    IncidentKind.MIGRATION: Meaning(
        what="the store waits for a migration",
        action="stop every daemon on it, run `fieldfare migrate`, and start them again, all of one"
        " version",
        is_critical=True,
    ),
    IncidentKind.JOB: Meaning(
        what="the job {subject} fails",
        action="it is tried again at its interval; the log has all there is to know of the failure",
        is_critical=True,
    ),
    IncidentKind.JOB_LATE: Meaning(
        what="the job {subject} is stuck",
        action="restart the daemon of that node; what it had in hand is taken up again",
        is_critical=True,
    ),
    IncidentKind.WEB_PROCESS: Meaning(
        what="web processes end",
        action="each is started anew; the log says how they ended: too little memory, mostly, for"
        " serve.processes",
        is_critical=True,
    ),
    IncidentKind.PUBLISHING: Meaning(
        what="feeds and pages cannot be published",
        action="what was published stays, and each run tries again: see that publish.directory is"
        " there, may be written to, and that its disk has room",
        is_critical=True,
    ),
    IncidentKind.BUCKET: Meaning(
        what="the bucket {subject} cannot be told",
        action="what it holds stays, and each run tries again: look at its address, and at the keys"
        " in the environment (AWS_...)",
        is_critical=True,
    ),
    IncidentKind.RELAY_AWAY: Meaning(
        what="{subject} cannot be reached",
        action="mails wait, and leave by themselves once it answers: see that it runs, and look at"
        " host, port, security and password of its settings",
        is_critical=True,
    ),
    IncidentKind.RELAY_REFUSES: Meaning(
        what="{subject} refuses us",
        action="mails wait, and one is tried from time to time: once what it says is mended,"
        " `fieldfare release --refused` sends all at once",
        is_critical=True,
    ),
    IncidentKind.QUEUE: Meaning(
        what="mails wait for too long",
        action="`fieldfare deliveries --state queued` lists them; see that a daemon with the role"
        " delivery runs, and what else is wrong",
        is_critical=True,
    ),
    IncidentKind.MAILBOX: Meaning(
        what="{subject} cannot be read",
        action="bounces wait there: look at its settings, and whether it is there",
    ),
    IncidentKind.WEBHOOK_KEY: Meaning(
        what="webhooks of {subject} cannot be verified",
        action="the service sends them again for some hours: see that this machine reaches it",
        lasts=timedelta(hours=1),
    ),
    IncidentKind.SOURCE: Meaning(
        what="the source {subject} fails",
        action="its news is missing, and it is asked again at growing pauses: look at its address"
        " in the settings, then `fieldfare ingest {subject}` asks at once",
        # Of one that no node asks any more nobody says that it does well.
        lasts=timedelta(hours=1),
    ),
    IncidentKind.HUB: Meaning(
        what="the hub {subject} cannot be told",
        action="it is told again at growing pauses; readers that ask by themselves miss nothing:"
        " look at websub.hubs",
    ),
    IncidentKind.WEBHOOK: Meaning(
        what="the webhook {subject} takes nothing",
        action="what happens is told it at growing pauses, for five days: look at its address and"
        " secret, `fieldfare webhooks test {subject}` tries it, and one that is no more is to leave"
        " the settings",
    ),
    IncidentKind.DISK: Meaning(
        what="the disk of {subject} is nearly full",
        action="make room, or move it to a larger one, before nothing can be written any more",
        is_critical=True,
    ),
    IncidentKind.CLOCK: Meaning(
        what="the clock of {subject} is off",
        action="digests leave at wrong hours, and dates are wrong: see that the machine's clock is"
        " kept by NTP (`timedatectl`)",
        is_critical=True,
    ),
    IncidentKind.NODE: Meaning(
        what="the node {subject} is gone",
        action="others do its work, if they have its roles: start it again; one that is no more is"
        " forgotten after a week",
    ),
    IncidentKind.SECOND_DAEMON: Meaning(
        what="a second daemon was started on one store",
        action="it was refused: stop whatever starts it, or give each node a store on PostgreSQL",
        lasts=timedelta(minutes=10),
    ),
}


#: Why mails wait.
OF_RELAYS: Final = (IncidentKind.RELAY_AWAY, IncidentKind.RELAY_REFUSES)


class IncidentKey(NamedTuple):
    """Which trouble it is: of one ``node`` where it is none of all of them."""

    kind: IncidentKind
    subject: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something is wrong with a ``subject``, in the words of ``problem``, ``since`` then where
    that is known, and else from now on.
    """

    kind: IncidentKind
    subject: str = ""
    problem: str = ""
    node: str = ""
    since: datetime | None = None

    @property
    def key(self) -> IncidentKey:
        return IncidentKey(self.kind, self.subject, self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What was wrong from ``since`` on ``until`` then, or still is; met so many ``times``, and last
    at ``seen_at``. Somebody was told at ``told_at``, and at ``over_told_at`` that it is over.
    """

    kind: IncidentKind
    subject: str
    node: str
    since: datetime
    seen_at: datetime
    until: datetime | None = None
    times: int = 1
    problem: str = ""
    action: str = ""
    told_at: datetime | None = None
    over_told_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.times < 1 or self.seen_at < self.since:
            raise ValueError(
                f"{self.kind} {self.subject!r}: met {self.times} times, and not before"
            )

    @property
    def key(self) -> IncidentKey:
        return IncidentKey(self.kind, self.subject, self.node)

    @property
    def uid(self) -> str:
        """Its name, the same for whoever saw it begin: what is told of it bears it."""
        text = "\n".join((*self.key, self.since.astimezone(UTC).isoformat()))
        return sha256(text.encode()).hexdigest()[:24]

    @property
    def what(self) -> str:
        """What is wrong, without the words of others, which may be nobody else's business."""
        said = MEANINGS[self.kind].what.format(subject=self.subject)
        return f"{said} (node {self.node})" if self.node else said

    @property
    def sentence(self) -> str:
        """What is wrong, in whose words, and what to do about it."""
        problem = f": {self.problem}" if self.problem else ""
        return f"{self.what}{problem}; {self.action}"

    @property
    def span(self) -> str:
        """Since when, until when and how often, for people."""
        upto = f" to {_minute(self.until)}" if self.until else ""
        often = f", {self.times} times" if self.times > 1 else ""
        return f"{'' if upto else 'since '}{_minute(self.since)}{upto}{often}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """What was met of a trouble since it was last written down: from ``first`` to ``last``, so many
    ``times``, and whether it is over. None of it, and that it was not there, is ``times`` 0.
    """

    first: datetime
    last: datetime
    times: int
    problem: str
    is_over: bool = False

    def again(self, trouble: Trouble, now: datetime, *, times: int) -> "Noticed":
        """It was met, too."""
        first = min(trouble.since or now, self.first if self.times else now)
        times += self.times
        return replace(
            self, first=first, last=now, times=times, problem=trouble.problem, is_over=False
        )


def merged(
    key: IncidentKey, known: Incident | None, noticed: Noticed, calm: timedelta
) -> Incident | None:
    """The incident after what was noticed, beside what is ``known`` of its last one; None where
    there is none.

    What begins again within ``calm`` after its end is the same one.
    """
    is_same = known is not None and (known.until is None or noticed.first - known.until < calm)
    if noticed.is_over and not noticed.times:
        is_open = known is not None and known.until is None
        return replace(known, until=max(noticed.last, known.since)) if known and is_open else None
    if known is None or not is_same:
        # A condition that holds, of which nobody knew any more, was met once.
        times = max(noticed.times, 1)
        known = _begun(key, noticed, times)
    else:
        last = max(noticed.last, known.seen_at)
        known = replace(known, times=known.times + noticed.times, seen_at=last)
    return replace(
        known,
        until=known.seen_at if noticed.is_over else None,
        problem=noticed.problem[:LONGEST_PROBLEM_CHARS],
        action=MEANINGS[key.kind].action.format(subject=key.subject),
    )


def _begun(key: IncidentKey, noticed: Noticed, times: int) -> Incident:
    return Incident(
        kind=key.kind,
        subject=key.subject,
        node=key.node,
        since=noticed.first,
        seen_at=max(noticed.last, noticed.first),
        times=times,
    )


def is_past(incident: Incident, now: datetime) -> bool:
    """Whether one whose end nobody can tell was not met for so long that it is over."""
    lasts = MEANINGS[incident.kind].lasts
    return incident.until is None and lasts is not None and now - incident.seen_at >= lasts


def is_to_be_told(incident: Incident, now: datetime, wait: timedelta) -> bool:
    """Whether who runs the house is to be told of it: not of what mended itself within ``wait``."""
    return incident.told_at is None and (incident.until or now) - incident.since >= wait


def is_end_to_be_told(incident: Incident, now: datetime, wait: timedelta) -> bool:
    """Whether who was told of it is to be told that it is over, as it stays so."""
    was_told = incident.told_at is not None and incident.over_told_at is None
    return was_told and incident.until is not None and now - incident.until >= CALM * wait


_AGO: Final = re.compile(r"([0-9]{1,4})([mhd])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_DAYS_BACK: Final = {"today": 0, "yesterday": 1}


def moment_of(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment somebody means by ``yesterday``, ``today``, ``2026-11-20``, an instant, ``12h``,
    ``30m`` or ``3d``; days begin at midnight of the ``zone``. Raises ValueError.
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    if text in _DAYS_BACK:
        day = now.astimezone(zone).date() - timedelta(days=_DAYS_BACK[text])
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def worst_first(incidents: Sequence[Incident]) -> list[Incident]:
    """What readers notice before what can wait, each as it began."""
    return sorted(incidents, key=lambda one: (not MEANINGS[one.kind].is_critical, one.since))
