"""What a form asks our own hub for, by the rules of the Recommendation; and that none breaks it."""

import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.websub.hub_requests import (
    BadRequest,
    SubscriptionRequest,
    denial,
    is_confirmed,
    request_of,
    signature,
    verification,
)
from feeds.websub.lease import Lease, LeaseState, Mode, form_of, is_signed
from tests.items import NOON

TOPIC = "https://news.example.org/feeds/all.atom"
CALLBACK = "https://reader.example.org/websub?user=1"
DAY = 86_400


def a_form(**changes: str | None) -> bytes:
    """What a subscriber sends; a change to None leaves a member out."""
    members = {"mode": "subscribe", "callback": CALLBACK, "topic": TOPIC} | changes
    return urlencode(
        {f"hub.{name}": text for name, text in members.items() if text is not None}
    ).encode()


def asked(body: bytes) -> SubscriptionRequest:
    request = request_of(body)
    assert isinstance(request, SubscriptionRequest), request
    return request


def test_a_request_says_who_wants_what() -> None:
    assert asked(a_form(secret="s3cret", lease_seconds="3600")) == SubscriptionRequest(
        mode=Mode.SUBSCRIBE, callback=CALLBACK, topic=TOPIC, lease_seconds=3600, secret="s3cret"
    )
    assert asked(a_form(mode="unsubscribe")).mode is Mode.UNSUBSCRIBE


def test_what_our_own_subscriber_asks_is_understood() -> None:
    lease = Lease(
        source="news",
        topic=TOPIC,
        hub="https://hub.example.org/",
        token="token",
        secret="a secret",
        state=LeaseState.REQUESTED,
        due_at=NOON,
    )
    form = urlencode(form_of(lease, Mode.SUBSCRIBE, CALLBACK)).encode()
    assert asked(form).secret == "a secret"


@pytest.mark.parametrize(
    ("wanted", "granted"),
    [
        (None, 10 * DAY),
        ("", 10 * DAY),
        ("0", 10 * DAY),
        ("1", 300),
        ("300", 300),
        ("864001", 864_001),
        ("999999999999999999", 30 * DAY),
    ],
)
def test_a_lease_is_as_long_as_asked_within_bounds(wanted: str | None, granted: int) -> None:
    assert asked(a_form(lease_seconds=wanted)).lease_seconds == granted


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"mode": None}, "hub.mode"),
        ({"mode": "publish"}, "hub.mode"),
        ({"mode": "denied"}, "hub.mode"),
        ({"topic": None}, "hub.topic"),
        ({"topic": ""}, "hub.topic"),
        ({"topic": f"{TOPIC}\0"}, "hub.topic"),
        ({"callback": None}, "hub.callback"),
        ({"callback": ""}, "hub.callback"),
        ({"callback": f"{CALLBACK}#part"}, "hub.callback"),
        ({"callback": f"https://a.example/{'a' * 2_000}"}, "hub.callback"),
        ({"secret": "é" * 100}, "hub.secret"),
        ({"secret": "a\0b"}, "hub.secret"),
        ({"lease_seconds": "-1"}, "hub.lease_seconds"),
        ({"lease_seconds": "1e9"}, "hub.lease_seconds"),
        ({"lease_seconds": "٣"}, "hub.lease_seconds"),
        ({"lease_seconds": "9" * 19}, "hub.lease_seconds"),
    ],
)
def test_what_is_no_request_is_told_why(changes: dict[str, str | None], about: str) -> None:
    refused = request_of(a_form(**changes))
    assert isinstance(refused, BadRequest)
    assert refused.reason.startswith(about)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"hub.mode=subscribe&hub.topic=%ff",
        a_form() + b"&a=1" * 40,
        a_form() + b"&hub.topic=https://news.example.org/feeds/other.atom",
        a_form() + b"&hub.callback=https://victim.example.org/",
    ],
)
def test_a_body_that_is_no_form_or_says_two_things_is_refused(body: bytes) -> None:
    assert isinstance(request_of(body), BadRequest)


def test_what_older_subscribers_say_beside_is_nothing_to_us() -> None:
    older = b"&hub.verify=sync&hub.verify=async&hub.verify_token=1"
    assert asked(a_form() + older) == asked(a_form())


def test_a_secret_has_fewer_than_200_bytes() -> None:
    assert asked(a_form(secret="a" * 199)).secret == "a" * 199
    assert isinstance(request_of(a_form(secret="a" * 200)), BadRequest)


@given(st.binary(max_size=300))
def test_no_body_however_odd_breaks_the_hub(body: bytes) -> None:
    request_of(body)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["hub.mode", "hub.callback", "hub.topic", "hub.lease_seconds", "x"]),
            st.sampled_from(["subscribe", "unsubscribe", CALLBACK, TOPIC, "60", "", "\0", "é"]),
        ),
        max_size=8,
    )
)
def test_what_is_taken_can_be_kept_and_asked_back(pairs: list[tuple[str, str]]) -> None:
    request = request_of(urlencode(pairs).encode())
    if isinstance(request, SubscriptionRequest):
        assert 300 <= request.lease_seconds <= 30 * DAY
        assert request.callback
        assert request.topic
        said = dict(parse_qsl(urlsplit(verification(request, "c")).query, keep_blank_values=True))
        assert said["hub.topic"] == request.topic


# -- What is asked back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("callback", "begins"),
    [
        (CALLBACK, f"{CALLBACK}&hub.mode=subscribe&"),
        ("https://reader.example.org/", "https://reader.example.org/?hub.mode=subscribe&"),
    ],
)
def test_a_verification_leaves_the_query_of_a_callback_as_it_is(callback: str, begins: str) -> None:
    address = verification(asked(a_form(callback=callback)), "a challenge & more")
    assert address.startswith(begins)
    said = dict(parse_qsl(urlsplit(address).query))
    assert said["hub.topic"] == TOPIC
    assert said["hub.challenge"] == "a challenge & more"
    assert said["hub.lease_seconds"] == str(10 * DAY)


def test_the_end_of_a_subscription_has_no_lease() -> None:
    address = verification(asked(a_form(mode="unsubscribe")), "c")
    assert "hub.mode=unsubscribe" in address
    assert "lease_seconds" not in address


def test_a_denial_says_why() -> None:
    said = dict(parse_qsl(urlsplit(denial(CALLBACK, TOPIC, "no such feed")).query))
    assert said == {
        "user": "1",
        "hub.mode": "denied",
        "hub.topic": TOPIC,
        "hub.reason": "no such feed",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(b"challenge", True), (b"challenge\n", False), (b"", False), (b"<p>challenge</p>", False)],
)
def test_only_the_challenge_itself_confirms(answer: bytes, *, expected: bool) -> None:
    assert is_confirmed(answer, "challenge") is expected


def test_a_body_is_signed_as_subscribers_check_it() -> None:
    said = signature("s3cret", b"<feed/>")
    assert said == f"sha256={hmac.new(b's3cret', b'<feed/>', hashlib.sha256).hexdigest()}"
    assert is_signed("s3cret", said, b"<feed/>")
