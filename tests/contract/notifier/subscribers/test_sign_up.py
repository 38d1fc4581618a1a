"""Signing up: one mail that says how, nothing else before it is confirmed, and no flood."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.mail.lines import WholeLines
from notifier.model import (
    ConsentKind,
    Frequency,
    Shown,
    Skip,
    SubscriberState,
)
from notifier.notices.notices import CONFIRM_WITHIN, Notices
from notifier.storage import senders, sending, subscribers, suppressions, tables
from notifier.storage.consent import limits, requests
from notifier.storage.consent.requests import Asked
from notifier.storage.sending import Claimed
from notifier.storage.suppressions import Suppression
from notifier.subscribers.links import Claim, LinkScope, read
from notifier.subscribers.preferences import Assumed
from notifier.subscribers.sign_up import NotConfirmed, SignUp, SignUpAnswer, SignUpBounds
from tests.at_once import with_another
from tests.builders import a_subscriber
from tests.outbox import KEYED, LINKS, SENDER, outbox, people, queue, subscribe
from tests.serving import SITE
from tests.statements import worked

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
ANNA = "anna@example.org"
POLICING = Asked(
    queries=("field=policing",),
    frequency=Frequency.WEEKLY,
    timezone="Europe/Vienna",
    language="en",
)
SHOWN = Shown(page="/feeds/fields/policing/", text="You will get: Policing", version="1.0")


@pytest.fixture
def door(database: Database, osce: Taxonomy) -> SignUp:
    return a_door(database, osce)


def a_door(database: Database, taxonomy: Taxonomy, **bounds: int) -> SignUp:
    limited = {"per_address": 3, "per_network": 100_000, "per_hour": 100_000, **bounds}
    return SignUp(
        database=database,
        taxonomy=taxonomy,
        assumed=Assumed(zone=VIENNA, language="en", languages=("de", "en")),
        keyed=KEYED,
        bounds=SignUpBounds(**limited),
        welcomes=True,
        keeps_network=False,
        wake=lambda: None,
    )


def ask(door: SignUp, address: str = ANNA, *, asked: Asked = POLICING, **how: Any) -> SignUpAnswer:
    known_as = f"id-{re.sub('[^a-z0-9]', '_', address)}"
    how = {"network": "198.51.100.0/24", "now": NOW, "public_id": known_as, **how}
    network = how.pop("network")
    return door.ask(address, asked, lambda: SHOWN, network, **how)


def claimed(database: Database, *, now: datetime = NOW) -> list[Claimed]:
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        return sending.claim(connection, lease, "one", now, 1000)


def mails(
    database: Database, taxonomy: Taxonomy, *, now: datetime = NOW
) -> list[EmailMessage | Skip | Exception]:
    """What leaves at present."""
    notices = Notices(
        database=database,
        sender=SENDER,
        named=Named(SITE, taxonomy),
        links=LINKS,
        keyed=KEYED,
        zone=VIENNA,
        page_of=lambda slug: f"https://news.example.org/items/{slug}/",
        shows_latest=True,
    )
    return [
        message_from_bytes(bytes(each), policy=default) if isinstance(each, WholeLines) else each
        for each in notices.compose(claimed(database, now=now))
    ]


def the_mail(database: Database, taxonomy: Taxonomy) -> EmailMessage:
    """The only one; what has nothing to say any more does not leave."""
    [mail] = [each for each in mails(database, taxonomy) if isinstance(each, EmailMessage)]
    return mail


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def claim_in(mail: EmailMessage, scope: LinkScope = LinkScope.CONFIRM) -> Claim:
    found = re.search(rf"/{scope}/(\S+)", text_of(mail))
    assert found
    return read(found[1], LINKS.secret)


def person(database: Database, public_id: str = "id-anna_example_org") -> Any:
    with database.reading() as connection:
        return subscribers.by_public_id(connection, public_id, VIENNA)


def rows(database: Database, name: str) -> int:
    with database.reading() as connection:
        counted = select(func.count()).select_from(tables.metadata.tables[name])
        return connection.execute(counted).scalar_one()


def test_who_asks_gets_one_mail_that_says_how_to_confirm(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    assert ask(door) is SignUpAnswer.CHECK_MAIL
    anna = person(database)
    assert (anna.state, anna.followed, anna.due) == (SubscriberState.PENDING, (), {})
    mail = the_mail(database, osce)
    text = text_of(mail)
    assert mail["to"] == ANNA
    assert "Policing" in text
    assert "Every Monday at 07:00 (Europe/Vienna)" in text
    assert claim_in(mail).until == NOW + CONFIRM_WITHIN


def test_a_confirmation_is_no_mail_of_a_list(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    """RFC 3834, and RFC 8058: who has not subscribed has nothing to leave."""
    ask(door)
    mail = the_mail(database, osce)
    assert mail["auto-submitted"] == "auto-generated"
    assert not [name for name in mail if name.lower().startswith("list-")]
    assert ANNA not in text_of(mail)


def test_confirming_subscribes_with_what_was_asked_for_and_is_on_record(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    ask(door)
    confirmed = door.confirm(claim_in(the_mail(database, osce)), now=NOW + timedelta(hours=1))
    assert not isinstance(confirmed, NotConfirmed)
    assert confirmed.state is SubscriberState.ACTIVE
    assert [(each.selection.query, each.frequency) for each in confirmed.followed] == [
        ("field=policing", Frequency.WEEKLY)
    ]
    with database.reading() as connection:
        [(consent, at)] = requests.consents_of(connection, [confirmed.id])[confirmed.id]
    assert (consent.how, consent.shown, consent.asked_at) == (ConsentKind.CONFIRMED, SHOWN, NOW)
    assert at == NOW + timedelta(hours=1)


def test_who_is_subscribed_gets_more_by_it_and_keeps_their_ways(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    """Whoever typed their address may be anybody, and the mail told of the selections alone."""
    [hers] = subscribe(database, a_subscriber(address=ANNA, public_id="id-anna_example_org"))
    others = replace(POLICING, timezone="Asia/Tokyo", language="de", minute=180)
    for _ in range(2):
        ask(door, asked=replace(others, queries=("field=elections", "field=policing")))
    for mail in mails(database, osce):
        assert isinstance(mail, EmailMessage)
        door.confirm(claim_in(mail), now=NOW)
        now = person(database)
        assert (now.zone, now.language) == (hers.zone, hers.language)
        assert now.cadences[Frequency.DAILY].minute == hers.cadences[Frequency.DAILY].minute
        assert [(each.selection.query, each.frequency) for each in now.followed] == [
            ("field=policing", Frequency.DAILY),
            ("field=elections", Frequency.WEEKLY),
        ]


def test_a_welcome_follows_with_a_way_out(door: SignUp, database: Database, osce: Taxonomy) -> None:
    ask(door)
    door.confirm(claim_in(the_mail(database, osce)), now=NOW)
    mail = the_mail(database, osce)
    assert mail["subject"] == "What you get from Fieldfare"
    assert mail["list-unsubscribe"]
    assert claim_in(mail, LinkScope.MANAGE).until == NOW + timedelta(weeks=1)


def test_a_link_that_was_used_confirms_nothing_again(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    """Not even once its owner left."""
    ask(door)
    claim = claim_in(the_mail(database, osce))
    door.confirm(claim, now=NOW)
    assert door.confirm(claim, now=NOW) is NotConfirmed.DONE
    with database.writing() as connection:
        subscribers.leave(connection, claim.public_id, NOW)
    assert door.confirm(claim, now=NOW) is NotConfirmed.DONE
    assert person(database).state is SubscriberState.LEFT
    assert rows(database, "consents") == 1


def test_a_link_ends_after_72_hours(door: SignUp, database: Database, osce: Taxonomy) -> None:
    ask(door)
    claim = claim_in(the_mail(database, osce))
    assert door.confirm(claim, now=NOW + CONFIRM_WITHIN) is NotConfirmed.OVER
    assert person(database).state is SubscriberState.PENDING


def test_a_link_of_an_earlier_epoch_confirms_nothing(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    ask(door)
    old = claim_in(the_mail(database, osce))
    with database.writing() as connection:
        subscribers.leave(connection, old.public_id, NOW)
    ask(door, now=NOW + timedelta(minutes=1))
    assert door.confirm(old, now=NOW + timedelta(minutes=2)) is NotConfirmed.OVER


def test_a_link_of_somebody_confirms_no_request_of_another(
    door: SignUp, database: Database
) -> None:
    ask(door)
    ask(door, "ben@example.org")
    forged = Claim(scope=LinkScope.CONFIRM, public_id="id-ben_example_org", epoch=1, extra="1")
    assert door.confirm(forged, now=NOW) is NotConfirmed.OVER


def test_asking_again_does_no_harm(door: SignUp, database: Database, osce: Taxonomy) -> None:
    ask(door)
    ask(door)
    first, second = (claim_in(each) for each in mails(database, osce))  # type: ignore[arg-type]
    assert not isinstance(door.confirm(first, now=NOW), NotConfirmed)
    assert not isinstance(door.confirm(second, now=NOW), NotConfirmed)
    assert len(person(database).followed) == 1


def test_who_is_subscribed_gets_the_way_to_change_it(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    [known] = subscribe(database, a_subscriber(address=ANNA, public_id="id-anna_example_org"))
    assert ask(door) is SignUpAnswer.CHECK_MAIL
    assert person(database) == known
    mail = the_mail(database, osce)
    assert mail["subject"] == "Your subscription to Fieldfare"
    assert claim_in(mail, LinkScope.MANAGE).until == NOW + timedelta(hours=1)


def test_requests_for_one_victim_give_as_many_mails_as_one_may_get(
    database: Database, osce: Taxonomy
) -> None:
    """From as many networks, in any spelling of the mailbox, within a day."""
    door = a_door(database, osce)
    spellings = ("victim", "Victim", "vic.tim", "victim+{}", "v.i.c.t.i.m+{}")
    answers = Counter(
        ask(
            door,
            f"{spellings[number % 5].format(number)}@example.org",
            network=f"2001:db8:{number:x}::/64",
            now=NOW + timedelta(seconds=number),
        )
        for number in range(1_000)
    )
    assert answers == {SignUpAnswer.CHECK_MAIL: 1_000}
    assert len(outbox(database)) == 3
    assert rows(database, "requests") == 3


def test_who_floods_one_mailbox_takes_nobody_elses_turn(database: Database, osce: Taxonomy) -> None:
    """What gives no mail counts for the network it came from alone."""
    door = a_door(database, osce, per_address=3, per_hour=5, per_network=4)
    for number in range(30):
        assert ask(door, network=f"198.51.100.{number}") is SignUpAnswer.CHECK_MAIL
    said = [ask(door, f"reader{n}@example.org", network=f"203.0.113.{n}") for n in range(3)]
    assert said == [SignUpAnswer.CHECK_MAIL] * 2 + [SignUpAnswer.TOO_MANY]
    one_network = [ask(a_door(database, osce, per_network=4)) for _ in range(6)]
    assert one_network == [SignUpAnswer.CHECK_MAIL] * 4 + [SignUpAnswer.TOO_MANY] * 2


def test_what_is_not_mailed_is_not_asked_for(database: Database, osce: Taxonomy) -> None:
    """To count what comes takes longer than all else."""
    door = a_door(database, osce, per_address=1)
    seen: list[Shown] = []

    def shown() -> Shown:
        seen.append(SHOWN)
        return SHOWN

    for _ in range(3):
        door.ask(ANNA, POLICING, shown, "198.51.100.1", public_id="id-anna", now=NOW)
    assert seen == [SHOWN]


def test_two_at_once_give_no_more_than_one_may_get(database: Database, osce: Taxonomy) -> None:
    doors = [a_door(database, osce) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, doors * 25))
    assert len(outbox(database)) == 3


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_whose_turn_others_took_meanwhile_has_asked_all_the_same(
    database: Database, osce: Taxonomy
) -> None:
    door, others = a_door(database, osce, per_network=1), a_door(database, osce)
    networks = [f"203.0.113.{number}" for number in range(3)]

    def flood() -> list[SignUpAnswer]:
        return [ask(others, network=network) for network in networks]

    with_another(database, lambda: ask(door), "UPDATE limits", flood)
    assert ask(door) is SignUpAnswer.TOO_MANY


def test_the_same_is_done_whoever_asks_and_however_often(door: SignUp, database: Database) -> None:
    """As often as mails go out, so that time tells nobody who is subscribed, or whose came back."""
    subscribe(database, a_subscriber(address=ANNA, public_id="anna"))
    barred = Suppression(address_hash=KEYED("ben@example.org"), reason="hard", detail="", since=NOW)
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    known, back, new = (f"{name}@example.org" for name in ("anna", "ben", "new"))
    for way in (partial(ask, door), partial(mail_link, door)):
        day = NOW + timedelta(days=way.func is ask)
        # As others asked this hour.
        way("other@example.org", now=day)
        for number in range(4):
            how = {"now": day + timedelta(seconds=number)}
            steps = []
            for address in (new, known, back):
                with worked(database) as done:
                    way(address, **how)
                steps.append(done)
            assert steps[0] == steps[1] == steps[2]
    kinds = Counter(one.notice for one in outbox(database) if one.recipient == "ben@example.org")
    assert kinds == {"confirm": 1}


def mail_link(door: SignUp, address: str, *, now: datetime) -> SignUpAnswer:
    return door.mail_link(address, "", now=now)


def test_one_network_asks_so_often_an_hour(database: Database, osce: Taxonomy) -> None:
    door = a_door(database, osce, per_network=5)
    said = [ask(door, f"reader{number}@example.org") for number in range(7)]
    assert said == [SignUpAnswer.CHECK_MAIL] * 5 + [SignUpAnswer.TOO_MANY] * 2
    assert ask(door, "else@example.org", network="203.0.113.0/24") is SignUpAnswer.CHECK_MAIL
    later = NOW + timedelta(hours=1)
    assert ask(door, "later@example.org", now=later) is SignUpAnswer.CHECK_MAIL


def test_all_together_ask_so_often_an_hour(database: Database, osce: Taxonomy) -> None:
    door = a_door(database, osce, per_hour=5)
    said = [ask(door, f"reader{n}@example.org", network=f"198.51.{n}.0/24") for n in range(7)]
    assert said == [SignUpAnswer.CHECK_MAIL] * 5 + [SignUpAnswer.TOO_MANY] * 2


def test_what_was_never_confirmed_is_forgotten_with_whoever_asked(
    door: SignUp, database: Database
) -> None:
    ask(door)
    with database.writing() as connection:
        assert requests.forget(connection, NOW) == 0
        assert requests.forget(connection, NOW + timedelta(seconds=1)) == 1
        limits.forget(connection, NOW + timedelta(days=4))
    assert [
        rows(database, name) for name in ("subscribers", "requests", "deliveries", "limits")
    ] == ([0, 0, 0, 0])


def test_who_was_subscribed_before_has_left_again(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    ask(door)
    claim = claim_in(the_mail(database, osce))
    door.confirm(claim, now=NOW)
    with database.writing() as connection:
        subscribers.leave(connection, claim.public_id, NOW)
    ask(door, now=NOW + timedelta(minutes=1))
    assert person(database).state is SubscriberState.LEFT
    with database.writing() as connection:
        requests.forget(connection, NOW + timedelta(minutes=2))
    assert person(database).state is SubscriberState.LEFT


def test_a_mailbox_that_bounced_is_asked_once_a_day_and_lifts_that_by_confirming(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    barred = Suppression(address_hash=KEYED(ANNA), reason="refused", detail="", since=NOW)
    with database.writing() as connection:
        suppressions.add(connection, [barred])
    assert [ask(door), ask(door)] == [SignUpAnswer.CHECK_MAIL] * 2
    door.confirm(claim_in(the_mail(database, osce)), now=NOW)
    with database.reading() as connection:
        assert suppressions.among(connection, [KEYED(ANNA)]) == frozenset()


def test_a_notice_leaves_before_a_digest_that_waits(door: SignUp, database: Database) -> None:
    queue(database, now=NOW - timedelta(hours=1), known=subscribe(database, *people(5)))
    ask(door)
    with database.writing() as connection:
        lease = senders.begin(connection, "one")
        first = sending.claim(connection, lease, "one", NOW, 3)
    assert [one.notice for one in first] == ["confirm", None, None]


def test_what_was_confirmed_meanwhile_is_not_asked_again(
    door: SignUp, database: Database, osce: Taxonomy
) -> None:
    ask(door)
    [one] = outbox(database)
    number = one.period.removeprefix("confirm-")
    forged = Claim(scope=LinkScope.CONFIRM, public_id="id-anna_example_org", epoch=1, extra=number)
    door.confirm(forged, now=NOW)
    said = mails(database, osce)
    assert [each for each in said if isinstance(each, Skip)] == [Skip.NOTHING_LEFT]
    assert not [each for each in said if "/confirm/" in str(each)]
