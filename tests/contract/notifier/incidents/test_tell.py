"""Who runs the house is told of each incident once, and once that it is over, past every queue."""

from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from structlog.testing import capture_logs

from feeds.errors import StoreBusy, StoreError
from feeds.storage.database import Database
from notifier.errors import TransportUnavailable
from notifier.incidents.incident import CALM, Incident, IncidentKind, Trouble
from notifier.incidents.journal import Journal
from notifier.incidents.tell import Channel, MailChannel, Teller, Tidings
from notifier.mail import Ended
from notifier.model import Envelope, Stage
from notifier.model import Reply as Said
from tests.at_hand import Hand
from tests.outbox import NOW

MINUTE = timedelta(minutes=1)
RELAY = Trouble(kind=IncidentKind.RELAY_AWAY, subject="the relay", problem="refused")
SOURCES = [Trouble(kind=IncidentKind.SOURCE, subject=f"news-{n}", problem="403") for n in range(30)]


class Heard:
    """A channel that takes what it is told, or says why not."""

    def __init__(self) -> None:
        self.problem = ""
        self.told: list[Tidings] = []

    def tell(self, news: Tidings) -> str:
        if not self.problem:
            self.told.append(news)
        return self.problem


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def journal(database: Database, hand: Hand) -> Journal:
    return Journal(database, "one", hand, wait=MINUTE, steady=hand.seconds)


def a_teller(journal: Journal, hand: Hand, *channels: Channel) -> Teller:
    database = journal.database
    return Teller(
        database=database,
        journal=journal,
        channels=channels,
        site="News",
        clock=hand,
        steady=hand.seconds,
    )


def told(heard: Heard) -> list[tuple[list[str], list[str]]]:
    """What was told to have begun, and to be over, each time."""
    return [
        ([one.subject for one in news.begun], [one.subject for one in news.over])
        for news in heard.told
    ]


def test_each_is_told_once_after_the_wait_and_once_that_it_is_over(
    database: Database, journal: Journal, hand: Hand
) -> None:
    heard, other = Heard(), Heard()
    tellers = [
        a_teller(journal, hand, heard),
        a_teller(Journal(database, "two", hand, wait=MINUTE), hand, other),
    ]
    journal.note(RELAY)
    for minutes in range(20):
        if minutes == 3:
            journal.well(*RELAY.key)
        journal.flush()
        for teller in tellers:
            teller.tell()
        assert len(heard.told) == (minutes >= 1) + (minutes >= 3 + CALM)
        hand.now += MINUTE
    assert told(heard) == [(["the relay"], []), ([], ["the relay"])]
    # Whichever node tells, the others do not.
    assert other.told == []
    first, last = heard.told
    assert first.subject == "[News] the relay cannot be reached"
    said = "the relay cannot be reached: refused.\nsince 2026-11-23 11:00Z.\nMails wait"
    assert said in first.text
    assert last.subject == "[News] over: the relay cannot be reached"
    assert "2026-11-23 11:00Z to 2026-11-23 11:03Z." in last.text
    assert first.uid != last.uid


def test_what_mends_itself_or_comes_and_goes_is_no_storm(journal: Journal, hand: Hand) -> None:
    heard = Heard()
    teller = a_teller(journal, hand, heard)
    journal.note(SOURCES[0])
    journal.well(*SOURCES[0].key)
    for _ in range(30):
        journal.note(RELAY)
        journal.flush()
        teller.tell()
        hand.now += MINUTE / 2
        journal.well(*RELAY.key)
        journal.flush()
        teller.tell()
        hand.now += MINUTE
    assert told(heard) == [(["the relay"], [])]


def test_many_at_once_are_one_message_the_worst_first(journal: Journal, hand: Hand) -> None:
    heard = Heard()
    for each in (*SOURCES, RELAY):
        journal.note(each)
    hand.now += MINUTE
    a_teller(journal, hand, heard).tell()
    [news] = heard.told
    assert news.subject == "[News] the relay cannot be reached (and 30 more)"
    assert "And 11 more." in news.text


def test_what_was_over_before_anybody_could_be_told_is_told_as_that(
    journal: Journal, hand: Hand
) -> None:
    heard = Heard()
    heard.problem = "away"
    teller = a_teller(journal, hand, heard)
    journal.note(RELAY)
    hand.now += MINUTE
    with capture_logs() as logs:
        for _ in range(180):
            teller.tell()
            hand.now += MINUTE / 6
    # After a minute, two, four, eight and sixteen; and it is a line for some of these.
    assert [one["event"] for one in logs if one["event"] == "nobody could be told"] != []
    assert len(logs) <= 6
    journal.well(*RELAY.key)
    heard.problem = ""
    hand.now += timedelta(hours=1)
    for _ in range(9):
        teller.tell()
        hand.now += CALM * MINUTE
    assert told(heard) == [(["the relay"], [])]
    assert "2026-11-23 11:00Z to " in heard.told[0].text


def test_that_one_way_is_shut_keeps_no_other_from_telling(journal: Journal, hand: Hand) -> None:
    heard, shut = Heard(), Heard()
    shut.problem = "away"
    teller = a_teller(journal, hand, shut, heard)
    journal.note(RELAY)
    for _ in range(9):
        hand.now += MINUTE
        teller.tell()
    assert told(heard) == [(["the relay"], [])]


class Stuck:
    """A store whose lock another has, or that is away."""

    def __init__(self, error: StoreError, *, is_embedded: bool) -> None:
        self._error = error
        self.is_embedded = is_embedded

    def exclusive(self, _lock: str) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("stuck", "subjects"),
    [
        (Stuck(StoreBusy("alerts", "another"), is_embedded=False), []),
        # Of what all share, another node may have told by now.
        (Stuck(StoreError("away"), is_embedded=False), [""]),
        (Stuck(StoreError("away"), is_embedded=True), ["", "the relay"]),
    ],
)
def test_while_the_store_is_away_each_tells_of_its_own(
    journal: Journal, hand: Hand, stuck: Stuck, subjects: list[str]
) -> None:
    heard = Heard()
    teller = a_teller(journal, hand, heard)
    teller.database = stuck  # type: ignore[assignment] # in its place
    journal.note(RELAY)
    journal.away(StoreError("away"))
    hand.now += MINUTE
    teller.tell()
    teller.tell()
    assert sorted(one.subject for news in heard.told for one in news.begun) == subjects


# -- By mail ---------------------------------------------------------------------------------------


class Way:
    """A transport that is away, refuses or takes what it is given."""

    sessions = weight = 1

    def __init__(self, code: int | None) -> None:
        self.name = f"the way of {code}"
        self.code = code
        self.taken: list[Envelope] = []
        self.usable = True

    async def open(self, ended: Ended) -> "Way":
        if self.code is None:
            raise TransportUnavailable(self.name, "no route for anna@example.org")
        self._ended = ended
        return self

    def begin(self, envelope: Envelope) -> None:
        self.taken.append(envelope)

    def finish(self) -> None:
        said = Said(stage=Stage.DOT, code=self.code, enhanced=None, text="as it is")
        self._ended(self.taken[-1], said)

    def abort(self) -> None: ...

    async def close(self) -> None: ...


def a_mail(*ways: Way) -> MailChannel:
    return MailChannel(
        to="op@example.org", sender="d@example.org", name='The "Nächste" News', transports=ways
    )


def some_news() -> Tidings:
    one = Incident(
        kind=IncidentKind.RELAY_AWAY, subject="the relay", node="", since=NOW, seen_at=NOW,
        problem="Überlastet", action="look",
    )  # fmt: skip
    return Tidings(site="Nächste News", begun=[one], over=[], at=NOW + MINUTE)


def test_a_mail_goes_by_the_first_way_that_takes_it() -> None:
    ways = [Way(None), Way(550), Way(250), Way(250)]
    assert a_mail(*ways).tell(some_news()) == ""
    assert [len(way.taken) for way in ways] == [0, 1, 1, 0]
    [envelope] = ways[2].taken
    mail = message_from_bytes(bytes(envelope.content), policy=policy.default)
    assert (mail["To"], envelope.recipient) == ("op@example.org", "op@example.org")
    assert mail["Subject"] == "[Nächste News] the relay cannot be reached"
    [author] = mail["From"].addresses
    assert (author.display_name, author.addr_spec) == ('The "Nächste" News', "d@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == envelope.message_id
    assert "Überlastet" in mail.get_content()
    # Told once more, after a crash, it is the same mail.
    assert a_mail(Way(250)).tell(some_news()) == ""


@pytest.mark.parametrize(
    ("ways", "problem"),
    [
        ([Way(None)], "cannot hand mail to the way of None: no route for *@example.org"),
        ([Way(None), Way(451)], "refused: 451 as it is"),
        ([], "there is none"),
    ],
)
def test_why_no_mail_could_be_sent_is_told(ways: Sequence[Way], problem: str) -> None:
    assert problem in a_mail(*ways).tell(some_news())


# -- By a webhook ----------------------------------------------------------------------------------
