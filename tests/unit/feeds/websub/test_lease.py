"""Leases of news at hubs: what is asked when, what is agreed to, and whose word counts."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Hub
from feeds.websub.lease import (
    Ask,
    Confirmed,
    Drop,
    Intent,
    Keep,
    Lease,
    LeaseState,
    Mode,
    confirmed,
    failed,
    form_of,
    is_live,
    is_signed,
    next_step,
    offered,
    signs,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOPIC = "https://www.example.org/news.atom"
HUB = Hub("https://hub.example.org/", TOPIC)


def a_lease(state: LeaseState = LeaseState.ACTIVE, **changes: Any) -> Lease:
    lease = offered("news", HUB, token="a token", secret="a secret", now=NOW)
    return replace(lease, state=state, **changes)


def an_intent(**changes: str) -> Intent:
    intent = Intent(mode="subscribe", topic=TOPIC, challenge="say this", lease_seconds="864000")
    return replace(intent, **changes)


def asked(step: object, mode: Mode = Mode.SUBSCRIBE) -> Lease:
    assert isinstance(step, Ask), step
    assert step.mode is mode
    return step.lease


# -- What is asked ---------------------------------------------------------------------------------


def test_an_offer_is_taken_at_once() -> None:
    lease = asked(next_step(a_lease(LeaseState.OFFERED), HUB, NOW))
    assert lease.state is LeaseState.REQUESTED
    assert lease.due_at == NOW + HOUR


def test_a_hub_is_told_where_and_what_and_for_how_long() -> None:
    callback = "https://news.example.org/websub/a"
    assert form_of(a_lease(), Mode.SUBSCRIBE, callback) == {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.callback": callback,
        "hub.secret": "a secret",
        "hub.lease_seconds": "864000",
    }
    assert form_of(a_lease(), Mode.UNSUBSCRIBE, callback) == {
        "hub.mode": "unsubscribe",
        "hub.topic": TOPIC,
        "hub.callback": callback,
    }


@pytest.mark.parametrize("hub", ["http://hub.example.org/", "HTTP://hub.example.org/"])
def test_a_hub_that_others_overhear_is_told_no_secret(hub: str) -> None:
    lease = a_lease(hub=hub)
    assert not signs(lease)
    assert "hub.secret" not in form_of(lease, Mode.SUBSCRIBE, "https://news.example.org/websub/a")


def test_a_hub_that_stays_silent_is_asked_again_less_and_less_often() -> None:
    lease, now, waits = a_lease(LeaseState.OFFERED), NOW, []
    for _ in range(10):
        lease = asked(next_step(lease, HUB, now))
        assert next_step(lease, HUB, lease.due_at - HOUR / 60) == Keep()
        waits.append((lease.due_at - now) / HOUR)
        now = lease.due_at
    assert waits == [1, 1, 1, 2, 4, 8, 16, 24, 24, 24]


def test_a_hub_that_cannot_be_reached_is_asked_again_soon() -> None:
    lease = asked(next_step(a_lease(LeaseState.OFFERED), HUB, NOW))
    lease = failed(lease, "no answer", NOW, jitter=0)
    assert (lease.due_at, lease.reason) == (NOW + HOUR / 4, "no answer")
    assert failed(lease, "no answer", NOW, jitter=1).due_at == NOW + HOUR / 4 * 1.1
    again = asked(next_step(lease, HUB, lease.due_at))
    assert failed(again, "no answer", NOW, jitter=0).due_at == NOW + HOUR / 2


def test_a_lease_is_renewed_while_news_keep_coming() -> None:
    lease = a_lease(due_at=NOW, expires_at=NOW + HOUR)
    renewing = asked(next_step(lease, HUB, NOW))
    assert renewing.state is LeaseState.RENEWING
    assert is_live(renewing, NOW)
    assert renewing.token == lease.token


@pytest.mark.parametrize("state", [LeaseState.ACTIVE, LeaseState.RENEWING])
def test_a_lease_that_is_over_is_asked_for_anew(state: LeaseState) -> None:
    lease = asked(next_step(a_lease(state, due_at=NOW, expires_at=NOW), HUB, NOW))
    assert lease.state is LeaseState.REQUESTED
    assert not is_live(lease, NOW)


def test_a_source_that_is_wanted_again_is_asked_for_again() -> None:
    lease = asked(next_step(a_lease(LeaseState.LEAVING, due_at=NOW), HUB, NOW))
    assert lease.state is LeaseState.REQUESTED


@pytest.mark.parametrize(
    "wanted", [None, Hub("https://other.example.org/", TOPIC), Hub(HUB.url, TOPIC + "?new")]
)
@pytest.mark.parametrize("state", [LeaseState.REQUESTED, LeaseState.ACTIVE, LeaseState.RENEWING])
def test_what_is_not_wanted_any_more_is_given_back(state: LeaseState, wanted: Hub | None) -> None:
    lease = a_lease(state, due_at=NOW + 9 * HOUR, expires_at=NOW + 9 * HOUR, asks=5)
    lease = asked(next_step(lease, wanted, NOW), Mode.UNSUBSCRIBE)
    assert lease.state is LeaseState.LEAVING
    assert next_step(lease, wanted, NOW) == Keep()
    lease = asked(next_step(lease, wanted, NOW + HOUR), Mode.UNSUBSCRIBE)
    lease = asked(next_step(lease, wanted, NOW + 2 * HOUR), Mode.UNSUBSCRIBE)
    assert next_step(lease, wanted, NOW + 3 * HOUR) == Drop()


@pytest.mark.parametrize(
    "lease",
    [
        a_lease(LeaseState.OFFERED),
        a_lease(LeaseState.DENIED),
        a_lease(LeaseState.ACTIVE, expires_at=NOW),
        a_lease(LeaseState.LEAVING, expires_at=NOW),
    ],
)
def test_what_the_hub_does_not_hold_is_forgotten(lease: Lease) -> None:
    assert next_step(lease, None, NOW) == Drop()


# -- What is agreed to -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", [LeaseState.REQUESTED, LeaseState.RENEWING])
def test_a_subscription_asked_for_is_agreed_to(state: LeaseState) -> None:
    verdict = confirmed(a_lease(state, asks=3, reason="x"), an_intent(), NOW, jitter=0)
    assert isinstance(verdict, Confirmed)
    assert verdict.answer == "say this"
    lease = verdict.lease
    assert lease
    assert (lease.state, lease.asks, lease.reason) == (LeaseState.ACTIVE, 0, "")
    assert lease.expires_at == NOW + timedelta(days=10)
    assert lease.due_at == NOW + timedelta(days=10) * (2 / 3)


@given(st.integers(1, 10**10 - 1), st.floats(0, 1))
def test_a_lease_is_renewed_in_time(seconds: int, jitter: float) -> None:
    """Before it ends, unless it is shorter than anybody could mean."""
    intent = an_intent(lease_seconds=str(seconds))
    verdict = confirmed(a_lease(LeaseState.REQUESTED), intent, NOW, jitter)
    assert isinstance(verdict, Confirmed)
    lease = verdict.lease
    assert lease
    assert lease.expires_at
    assert NOW + timedelta(minutes=5) <= lease.due_at <= NOW + timedelta(days=60)
    assert lease.due_at < lease.expires_at or seconds <= 300
    assert lease.expires_at <= NOW + timedelta(days=90)


@pytest.mark.parametrize(
    "intent",
    [
        an_intent(topic="https://www.example.org/other.atom"),
        an_intent(mode="unsubscribe"),
        an_intent(mode="publish"),
        an_intent(mode=""),
        an_intent(challenge=""),
        an_intent(lease_seconds=""),
        an_intent(lease_seconds="0"),
        an_intent(lease_seconds="-5"),
        an_intent(lease_seconds="9" * 400),
        an_intent(lease_seconds="ten"),
    ],
)
def test_what_was_not_asked_for_is_strange(intent: Intent) -> None:
    assert confirmed(a_lease(LeaseState.REQUESTED), intent, NOW, 0) is None


@pytest.mark.parametrize(
    "state", [LeaseState.OFFERED, LeaseState.ACTIVE, LeaseState.LEAVING, LeaseState.DENIED]
)
def test_nobody_subscribes_us_when_we_did_not_ask(state: LeaseState) -> None:
    assert confirmed(a_lease(state), an_intent(), NOW, 0) is None


def test_an_address_we_never_gave_is_strange() -> None:
    assert confirmed(None, an_intent(), NOW, 0) is None


def test_an_end_we_asked_for_is_agreed_to() -> None:
    intent = an_intent(mode="unsubscribe", lease_seconds="")
    assert confirmed(a_lease(LeaseState.LEAVING), intent, NOW, 0) == Confirmed("say this", None)
    unspoken = replace(intent, challenge="")
    assert confirmed(a_lease(LeaseState.LEAVING), unspoken, NOW, 0) is None


def test_a_no_is_noted_and_asked_about_after_a_week() -> None:
    intent = an_intent(mode="denied", challenge="", reason="full" * 1_000)
    verdict = confirmed(a_lease(LeaseState.ACTIVE, expires_at=NOW + HOUR), intent, NOW, 0)
    assert isinstance(verdict, Confirmed)
    assert verdict.answer == ""
    assert verdict.lease
    assert verdict.lease.state is LeaseState.DENIED
    assert len(verdict.lease.reason) == 200
    assert not is_live(verdict.lease, NOW)
    assert next_step(verdict.lease, HUB, NOW + timedelta(days=6)) == Keep()
    asked(next_step(verdict.lease, HUB, NOW + timedelta(days=7)))
    assert confirmed(a_lease(LeaseState.OFFERED), intent, NOW, 0) is None


# -- Whose word counts -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_who_knows_the_secret_is_believed(method: str) -> None:
    digest = hmac.new(b"a secret", b"news", method).hexdigest()
    assert is_signed("a secret", f"{method}={digest}", b"news")
    assert is_signed("a secret", f" {method.upper()}={digest.upper()} ", b"news")
    assert not is_signed("a secret", f"{method}={digest}", b"other news")
    assert not is_signed("another secret", f"{method}={digest}", b"news")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "=",
        "sha256",
        "sha256=",
        "sha256=ü",
        f"md5={hmac.new(b'a secret', b'news', hashlib.md5).hexdigest()}",
        hmac.new(b"a secret", b"news", hashlib.sha256).hexdigest(),
    ],
)
def test_nobody_else_is_believed(header: str | None) -> None:
    assert not is_signed("a secret", header, b"news")
