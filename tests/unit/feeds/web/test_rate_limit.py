"""How often a client may ask: so much a minute, half of it at once, within bounded memory."""

from collections.abc import Callable

import pytest
from starlette.exceptions import HTTPException

from feeds.web.rate_limit import RateLimit, client_of


@pytest.fixture
def seconds() -> list[float]:
    return [1_000.0]


@pytest.fixture
def clock(seconds: list[float]) -> Callable[[], float]:
    return lambda: seconds[0]


def test_half_a_minutes_requests_may_come_at_once_and_then_one_after_the_other(
    seconds: list[float], clock: Callable[[], float]
) -> None:
    limit = RateLimit(60, clock=clock)
    assert [limit.wait("a") for _ in range(30)] == [0.0] * 30
    assert limit.wait("a") == pytest.approx(1)
    assert limit.wait("b") == 0
    seconds[0] += 0.5
    assert limit.wait("a") == pytest.approx(0.5)
    seconds[0] += 0.5
    assert limit.wait("a") == 0
    assert limit.wait("a") == pytest.approx(1)


def test_who_goes_on_asking_waits_no_longer_for_it(
    seconds: list[float], clock: Callable[[], float]
) -> None:
    limit = RateLimit(2, clock=clock)
    limit.wait("a")
    for _ in range(100):
        limit.wait("a")
    seconds[0] += 30
    assert limit.wait("a") == 0


def test_no_more_clients_are_remembered_than_there_is_room_for(clock: Callable[[], float]) -> None:
    limit = RateLimit(2, most_clients=2, clock=clock)
    for client in "abc":
        assert limit.wait(client) == 0
    assert limit.wait("c") > 0
    assert limit.wait("a") == 0
    assert len(limit._due) == 2


def test_who_is_refused_is_told_when_to_come_back_in_a_browser_too(
    clock: Callable[[], float],
) -> None:
    limit = RateLimit(2, clock=clock)
    scope = {"client": ("192.0.2.1", 4711)}
    limit.admit(scope, "/feeds/select.atom")
    with pytest.raises(HTTPException) as refused:
        limit.admit({"client": ("192.0.2.1", 4712)}, "/feeds/select.atom")
    assert refused.value.status_code == 429
    told = refused.value.headers or {}
    assert told["Retry-After"] == "30"
    assert {name.lower() for name in told} >= {"cache-control", "access-control-allow-origin"}
    limit.admit({"client": ("192.0.2.2", 4711)}, "/feeds/select.atom")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("unknown", "unknown", True),
        ("x" * 64, "x" * 1_000, True),
    ],
)
def test_a_client_is_an_address_or_the_network_of_one(
    one: str, other: str, *, is_same: bool
) -> None:
    assert (client_of((one, 1)) == client_of((other, 2))) is is_same


def test_nobody_is_somebody() -> None:
    assert client_of(None) == ""
