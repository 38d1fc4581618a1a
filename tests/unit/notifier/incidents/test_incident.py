"""What may go wrong: when it is one incident or two, when somebody is told, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.incidents.incident import (
    CALM,
    LONGEST_PROBLEM_CHARS,
    MEANINGS,
    Incident,
    IncidentKey,
    IncidentKind,
    Noticed,
    Trouble,
    is_end_to_be_told,
    is_past,
    is_to_be_told,
    merged,
    moment_of,
    worst_first,
)

NOW = datetime(2026, 11, 27, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CALM_FOR = CALM * MINUTE
KEY = IncidentKey(IncidentKind.RELAY_AWAY, "the mail server a:25", "")
MET = Noticed(first=NOW, last=NOW, times=1, problem="refused")
GONE = Noticed(first=NOW, last=NOW, times=0, problem="", is_over=True)


def begun(noticed: Noticed = MET) -> Incident:
    found = merged(KEY, None, noticed, CALM_FOR)
    assert found
    return found


def met(after: timedelta, times: int = 1, *, is_over: bool = False) -> Noticed:
    at = NOW + after
    return Noticed(first=at, last=at, times=times, problem="timed out", is_over=is_over)


def test_it_begins_as_it_is_first_met_and_goes_on() -> None:
    first = begun()
    assert (first.since, first.seen_at, first.until, first.times) == (NOW, NOW, None, 1)
    again = merged(KEY, first, met(MINUTE, 3), CALM_FOR)
    assert again == replace(first, seen_at=NOW + MINUTE, times=4, problem="timed out")
    held = merged(KEY, first, met(MINUTE, 0), CALM_FOR)
    assert held
    assert (held.times, held.seen_at) == (1, NOW + MINUTE)


def test_a_condition_that_holds_and_nobody_knew_of_was_met_once() -> None:
    assert begun(met(MINUTE, 0)).times == 1


def test_it_is_over_once_and_what_was_never_wrong_is_not() -> None:
    over = merged(KEY, begun(), replace(GONE, last=NOW + MINUTE), CALM_FOR)
    assert over
    assert (over.until, over.problem) == (NOW + MINUTE, "refused")
    assert merged(KEY, over, GONE, CALM_FOR) is None
    assert merged(KEY, None, GONE, CALM_FOR) is None
    assert begun(met(MINUTE, is_over=True)).until == NOW + MINUTE


def test_what_begins_again_soon_is_the_same_one_and_later_another() -> None:
    over = merged(KEY, begun(), GONE, CALM_FOR)
    soon = merged(KEY, over, met(CALM_FOR - MINUTE), CALM_FOR)
    assert soon
    assert (soon.since, soon.until, soon.times) == (NOW, None, 2)
    late = merged(KEY, over, met(CALM_FOR), CALM_FOR)
    assert late
    assert (late.since, late.times) == (NOW + CALM_FOR, 1)
    assert late.uid != soon.uid


def test_what_is_noticed_is_counted_from_when_it_began() -> None:
    trouble = Trouble(kind=IncidentKind.SOURCE, subject="news", problem="404")
    noticed = GONE.again(trouble, NOW + MINUTE, times=1)
    assert noticed == Noticed(first=NOW + MINUTE, last=NOW + MINUTE, times=1, problem="404")
    more = noticed.again(trouble, NOW + 2 * MINUTE, times=2)
    assert (more.first, more.last, more.times) == (NOW + MINUTE, NOW + 2 * MINUTE, 3)
    known = replace(trouble, since=NOW - MINUTE)
    assert noticed.again(known, NOW + MINUTE, times=0).first == NOW - MINUTE
    assert trouble.key == IncidentKey(IncidentKind.SOURCE, "news", "")


def test_its_words_are_bounded_and_it_cannot_end_before_it_began() -> None:
    assert len(begun(replace(MET, problem="x" * 9_999)).problem) == LONGEST_PROBLEM_CHARS
    for wrong in ({"times": 0}, {"seen_at": NOW - MINUTE}):
        with pytest.raises(ValueError, match="relay-away"):
            replace(begun(), **wrong)


def test_nobody_is_told_of_what_mends_itself_within_the_wait() -> None:
    one = begun()
    assert not is_to_be_told(one, NOW + MINUTE / 2, MINUTE)
    assert is_to_be_told(one, NOW + MINUTE, MINUTE)
    assert not is_to_be_told(replace(one, until=NOW + MINUTE / 2), NOW + 9 * MINUTE, MINUTE)
    # It was over before anybody could be told, and lasted.
    assert is_to_be_told(replace(one, until=NOW + MINUTE), NOW + 9 * MINUTE, MINUTE)
    assert not is_to_be_told(replace(one, told_at=NOW), NOW + 9 * MINUTE, MINUTE)


def test_who_was_told_is_told_once_that_it_is_over_and_stays_so() -> None:
    told = replace(begun(), told_at=NOW + MINUTE)
    over = replace(told, until=NOW + 2 * MINUTE)
    end = NOW + 2 * MINUTE + CALM_FOR
    assert not is_end_to_be_told(told, end, MINUTE)
    assert not is_end_to_be_told(over, end - MINUTE, MINUTE)
    assert is_end_to_be_told(over, end, MINUTE)
    assert not is_end_to_be_told(replace(over, told_at=None), end, MINUTE)
    assert not is_end_to_be_told(replace(over, over_told_at=end), end, MINUTE)


def test_what_nobody_can_say_is_over_passes_with_time() -> None:
    second = replace(begun(), kind=IncidentKind.SECOND_DAEMON)
    assert not is_past(second, NOW + 9 * MINUTE)
    assert is_past(second, NOW + 10 * MINUTE)
    assert not is_past(replace(second, until=NOW), NOW + 10 * MINUTE)
    assert not is_past(begun(), NOW + timedelta(days=9))


def test_the_sentence_says_what_is_wrong_and_what_to_do() -> None:
    one = begun()
    assert one.sentence.startswith("the mail server a:25 cannot be reached: refused; mails wait")
    of_node = replace(one, kind=IncidentKind.DISK, subject="store.url", node="a", problem="")
    assert of_node.sentence.startswith("the disk of store.url is nearly full (node a); ")
    assert one.span == "since 2026-11-27 03:12Z"
    over = replace(one, until=NOW + 170 * MINUTE, times=47)
    assert over.span == "2026-11-27 03:12Z to 2026-11-27 06:02Z, 47 times"


def test_each_kind_has_a_meaning_in_whole_sentences() -> None:
    assert MEANINGS.keys() == set(IncidentKind)
    for meaning in MEANINGS.values():
        said = meaning.what.format(subject="S") + meaning.action.format(subject="S")
        assert "{" not in said
        assert not said.endswith(".")


def test_the_worst_comes_first_and_then_the_oldest() -> None:
    source = replace(begun(), kind=IncidentKind.SOURCE)
    later = replace(begun(), since=NOW + MINUTE, seen_at=NOW + MINUTE)
    assert worst_first([source, later, begun()]) == [begun(), later, source]


ZONE = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("yesterday", datetime(2026, 11, 25, 23, tzinfo=UTC)),
        ("today", datetime(2026, 11, 26, 23, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2026-11-20T05:00:00Z", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("12h", NOW - timedelta(hours=12)),
        ("30m", NOW - timedelta(minutes=30)),
        ("3d", NOW - timedelta(days=3)),
    ],
)
def test_a_moment_is_said_as_people_do(text: str, moment: datetime) -> None:
    assert moment_of(text, NOW, ZONE) == moment


@pytest.mark.parametrize("text", ["", "soon", "12 h", "1w", "2026-13-01"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moment_of(text, NOW, ZONE)
