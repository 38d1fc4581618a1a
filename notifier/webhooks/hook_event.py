"""What an event tells: its name, which is the same whenever it is told, and its payload.

Knows items, incidents and digests as words. Must never know who is told, or how often it was tried.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from feeds.model import Item, Label
from notifier.incidents.incident import Incident
from notifier.webhooks import HookEventKind

#: By these chats are commanded (Slack's <!channel>, Mattermost's @all): titles are of strangers.
_COMMANDS = str.maketrans("<>@", "‹›＠")
#: 96 bits of what names an event: no two of them meet.
_ID_CHARS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """Something happened ``at`` a moment: ``data`` are for programs, ``text`` is for people.

    ``uid`` names it, at each attempt and to each receiver alike.
    """

    uid: str
    kind: HookEventKind
    at: datetime
    text: str
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """Its payload: ``text`` is what chats show (Slack, Mattermost, Rocket.Chat)."""
        payload = {
            "type": self.kind.value,
            "timestamp": self.at.isoformat(),
            "text": self.text.translate(_COMMANDS),
            "data": self.data,
        }
        return json.dumps(payload, ensure_ascii=False).encode(errors="replace")


def event_id(kind: HookEventKind, *parts: object) -> str:
    """What names an event of a kind that these parts tell from all others."""
    told = "\n".join(map(str, (kind, *parts)))
    return f"evt_{sha256(told.encode(errors='replace')).hexdigest()[:_ID_CHARS]}"


# -- Items -----------------------------------------------------------------------------------------


def item_kind(*, was_there: bool, is_there: bool, is_back: bool) -> HookEventKind | None:
    """What happened to an item for whoever follows some: it ``was_there``, as far as they know, and
    ``is_there``, maybe after it was hidden meanwhile. None where it is none of theirs.
    """
    if is_there:
        return HookEventKind.REVISED if was_there and not is_back else HookEventKind.ADDED
    return HookEventKind.WITHDRAWN if was_there else None


def of_item(kind: HookEventKind, item: Item, page: str, at: datetime) -> HookEvent:
    """What is told of an item as it is now, whose page is at the address ``page``.

    Of one that was withdrawn it is only told which it was, by one name until it is back.
    """
    which = {"id": item.uid, "page": page, "url": item.url}
    if kind is HookEventKind.WITHDRAWN:
        uid = event_id(kind, item.uid, at.isoformat())
        return HookEvent(uid=uid, kind=kind, at=at, text=f"Withdrawn: {page}", data=which)
    uid = event_id(kind, item.uid, item.change, at.isoformat())
    what = "New" if kind is HookEventKind.ADDED else "Revised"
    data = which | {
        "title": item.title,
        "summary": item.summary,
        "language": item.language,
        "issued": item.issued and (item.issued.at or item.issued.day).isoformat(),
        "updated": item.updated_at.isoformat(),
        "topics": [_topic(label) for label in item.labels],
    }
    return HookEvent(uid=uid, kind=kind, at=at, text=f"{what}: {item.title}\n{page}", data=data)


def _topic(label: Label) -> dict[str, object]:
    return {"topic": label.ref and str(label.ref), "label": label.text}


# -- All else --------------------------------------------------------------------------------------


def of_incident(kind: HookEventKind, one: Incident, at: datetime) -> HookEvent:
    """That it began, or is over, is told ``at`` a moment: its own name stays what it is."""
    is_over = kind is HookEventKind.ENDED
    problem = f": {one.problem}" if one.problem else ""
    action = "" if is_over else f"\n{one.action[:1].upper()}{one.action[1:]}."
    return HookEvent(
        uid=event_id(kind, one.uid),
        kind=kind,
        at=at,
        text=f"{'Over: ' if is_over else ''}{one.what}{problem}.\n{one.span}.{action}",
        data={
            "id": one.uid,
            "kind": one.kind.value,
            "subject": one.subject,
            "node": one.node,
            "since": one.since.isoformat(),
            "until": one.until and one.until.isoformat(),
            "times": one.times,
            "what": one.what,
            "problem": one.problem,
            "action": one.action,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRun:
    """The digests of a ``period`` that were planned together, the first of them under the number
    ``first``: how many came into which state by now, the last of them ``at`` that moment.
    """

    period: str
    first: int
    planned_at: datetime
    at: datetime
    counts: Mapping[str, int]


def of_run(run: SentRun) -> HookEvent:
    """Digests went out: how many, and to nobody by name."""
    kind = HookEventKind.DIGEST_SENT
    uid = event_id(kind, run.period, run.first, run.planned_at.isoformat())
    counted = ", ".join(f"{count} {state}" for state, count in sorted(run.counts.items()))
    return HookEvent(
        uid=uid,
        kind=kind,
        at=run.at,
        text=f"Digest {run.period}: {counted}",
        data={
            "id": f"{run.period}.{run.first}",
            "period": run.period,
            "planned_at": run.planned_at.isoformat(),
            "counts": dict(sorted(run.counts.items())),
        },
    )


def of_test(uid: str, at: datetime) -> HookEvent:
    """Nothing happened: it only shows whether a receiver takes what is sent."""
    return HookEvent(uid=uid, kind=HookEventKind.TEST, at=at, text="A test, nothing happened.")
