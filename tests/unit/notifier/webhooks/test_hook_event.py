"""What is told of each kind of event, and by which name."""

import json
from datetime import date, timedelta

import pytest

from notifier.incidents.incident import Incident, IncidentKind
from notifier.webhooks import HookEventKind
from notifier.webhooks.hook_event import (
    HookEvent,
    SentRun,
    event_id,
    item_kind,
    of_incident,
    of_item,
    of_run,
    of_test,
)
from tests.builders import a_label
from tests.items import NOON, an_item, issued

PAGE = "https://news.example.org/items/a/"
ADDED, REVISED, WITHDRAWN = HookEventKind.ADDED, HookEventKind.REVISED, HookEventKind.WITHDRAWN


@pytest.mark.parametrize(
    ("was_there", "is_there", "is_back", "kind"),
    [
        (False, True, False, ADDED),
        (False, True, True, ADDED),
        (True, True, False, REVISED),
        # They were told that it was withdrawn, or would have been.
        (True, True, True, ADDED),
        (True, False, False, WITHDRAWN),
        (False, False, False, None),
    ],
)
def test_what_happened_to_an_item_depends_on_what_is_known_of_it(
    *, was_there: bool, is_there: bool, is_back: bool, kind: HookEventKind | None
) -> None:
    assert item_kind(was_there=was_there, is_there=is_there, is_back=is_back) is kind


def test_an_item_is_told_with_its_topics_those_of_unknown_names_too() -> None:
    item = an_item(issued=issued("2026-11-20"), fields=(a_label("Odd", None),), issuers=())
    told = of_item(REVISED, item, PAGE, NOON)
    assert told.text == f"Revised: {item.title}\n{PAGE}"
    assert told.data["issued"] == date(2026, 11, 20).isoformat()
    assert told.data["topics"] == [
        {"topic": None, "label": "Odd"},
        {"topic": "type:news", "label": item.content_type and item.content_type.text},
    ]
    assert json.loads(told.body)["timestamp"] == NOON.isoformat()


def test_of_what_was_withdrawn_only_its_names_are_told() -> None:
    item = an_item(url="https://www.example.org/1")
    told = of_item(WITHDRAWN, item, PAGE, NOON)
    assert told.data == {"id": item.uid, "page": PAGE, "url": "https://www.example.org/1"}
    assert item.title not in told.body.decode()


def test_a_name_is_of_one_change_and_one_kind() -> None:
    item = an_item()
    names = [
        of_item(kind, an_item(change=change), PAGE, NOON).uid
        for kind in (ADDED, REVISED)
        for change in (1, 2)
    ]
    assert len({*names}) == 4
    assert of_item(ADDED, item, PAGE, NOON).uid == names[0]
    assert names[0] == event_id(ADDED, item.uid, 1, NOON.isoformat())


def test_an_incident_keeps_its_name_however_it_goes_on() -> None:
    one = Incident(kind=IncidentKind.DISK, subject="store.url", node="a", since=NOON, seen_at=NOON)
    begun = of_incident(HookEventKind.OPENED, one, NOON)
    later = of_incident(HookEventKind.OPENED, one, NOON + timedelta(hours=1))
    assert begun.uid == later.uid
    assert begun.text.startswith("the disk of store.url is nearly full (node a).\nsince 2026")
    assert begun.data["until"] is None


def test_a_run_is_told_by_numbers_and_a_test_says_that_it_is_one() -> None:
    run = SentRun(period="2026-11-20", first=7, planned_at=NOON, at=NOON, counts={"accepted": 2})
    told = of_run(run)
    assert told.data["id"] == "2026-11-20.7"
    assert of_test("evt_1", NOON) == HookEvent(
        uid="evt_1", kind=HookEventKind.TEST, at=NOON, text="A test, nothing happened."
    )


def test_a_text_that_no_encoding_takes_is_told_as_far_as_it_can_be() -> None:
    event = HookEvent(uid="1", kind=ADDED, at=NOON, text="a \ud800 b")
    assert json.loads(event.body)["text"] == "a ? b"


def test_no_title_commands_a_chat() -> None:
    item = an_item(title="<!channel> @all")
    payload = json.loads(of_item(ADDED, item, PAGE, NOON).body)
    assert payload["text"] == f"New: ‹!channel› ＠all\n{PAGE}"
    assert payload["data"]["title"] == "<!channel> @all"
