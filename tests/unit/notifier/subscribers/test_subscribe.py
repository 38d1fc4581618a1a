"""An address somebody gives is usable or refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import UnusableAddress
from notifier.model import mailbox
from notifier.subscribers.preferences import named_days
from notifier.subscribers.subscribe import checked


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("reader@example.org", "reader@example.org"),
        ("  Reader@EXAMPLE.org\n", "Reader@example.org"),
        ("reader+digest@example.org", "reader+digest@example.org"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("reader@xn--mller-kva.example", "reader@müller.example"),
        ("reader@mail.local", "reader@mail.local"),
        ("root@localhost", "root@localhost"),
        ("reader@lists.test", "reader@lists.test"),
    ],
)
def test_a_usable_address_is_kept_as_people_write_it(given: str, kept: str) -> None:
    assert checked(given) == kept


@pytest.mark.parametrize(
    "text",
    ["", "reader", "reader@", "@example.org", "a b@example.org", "a@b@c.example", "a@b\r\nc.org",
     "a\0@example.org", "<a@example.org>", f"{'a' * 65}@example.org", "a@ü-.example",
     "a@nowhere.invalid"],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnusableAddress) as caught:
        checked(text)
    assert caught.value.address == text


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        usable = checked(text)
    except UnusableAddress:
        return
    assert checked(usable) == usable
    assert not set(mailbox(usable)) & set("\r\n\0 <>")


def test_days_are_named_in_their_order() -> None:
    assert named_days({3, 0}) == ("monday", "thursday")
