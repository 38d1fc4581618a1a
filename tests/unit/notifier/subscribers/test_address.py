"""An address is usable or refused with a reason, and one mailbox is one however it is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import UnusableAddress
from notifier.subscribers.address import checked, folded, mailbox


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


@pytest.mark.parametrize(
    "other",
    ["READER@example.org", "reader@EXAMPLE.ORG", "Reader@Example.Org"],
)
def test_case_makes_no_other_mailbox(other: str) -> None:
    assert folded(other) == folded("reader@example.org")


def test_a_domain_in_letters_and_in_ascii_is_one_mailbox() -> None:
    assert folded("Jürgen@MÜLLER.example") == folded("jürgen@xn--mller-kva.example")
    assert folded("a@example.org") != folded("b@example.org")


def test_an_smtp_command_gets_the_domain_in_ascii() -> None:
    assert mailbox("Jürgen@MÜLLER.example") == "Jürgen@xn--mller-kva.example"
    assert mailbox("Reader@Example.ORG") == "Reader@example.org"


def test_a_domain_without_an_ascii_form_is_refused() -> None:
    with pytest.raises(UnusableAddress, match="no host name"):
        mailbox("a@ü-.example")


@given(st.emails())
def test_folding_is_stable(address: str) -> None:
    assert folded(folded(address)) == folded(address)
    assert folded(mailbox(address)) == folded(address)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        usable = checked(text)
    except UnusableAddress:
        return
    assert checked(usable) == usable
    assert not set(mailbox(usable)) & set("\r\n\0 <>")
