"""Tokens of deliveries: read back by whom minted them, and nothing else passes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.return_path import address, delivery, fields, token

SECRET = b"s" * 32
LARGEST = 2**63 - 1

numbers = st.integers(min_value=1, max_value=LARGEST)


@given(numbers)
def test_a_token_tells_its_delivery(number: int) -> None:
    assert delivery(token(number, SECRET), SECRET) == number


@given(numbers)
def test_a_token_stands_in_a_local_part_and_in_an_xtext_as_it_is(number: int) -> None:
    """RFC 5321 section 4.1.2 (Dot-string), RFC 3461 section 4 (xtext)."""
    assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+", token(number, SECRET))


def test_a_token_leaves_room_for_a_name_before_it() -> None:
    assert len(f"newsletter-bounces+{token(LARGEST, SECRET)}") <= 64


def test_a_server_may_change_the_case_of_a_local_part() -> None:
    assert delivery(token(7, SECRET).upper(), SECRET) == 7


@given(numbers, numbers)
def test_the_signature_of_one_delivery_is_not_that_of_another(one: int, other: int) -> None:
    _, _, signature = token(one, SECRET).partition(".")
    assert (delivery(f"{other}.{signature}", SECRET) is None) == (one != other)


def test_a_token_of_another_secret_is_refused() -> None:
    assert delivery(token(7, b"other" * 8), SECRET) is None


@pytest.mark.parametrize(
    "text",
    ["", "7", "7.", ".abcdefghijklmnop", "07.{}", "7.{}x", "x7.{}", "7.{}\n", "+7.{}", "٧.{}"],
)
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    _, _, signature = token(7, SECRET).partition(".")
    assert delivery(text.format(signature), SECRET) is None


def test_no_letter_but_its_own_passes() -> None:
    """KELVIN SIGN is a k in lower case."""
    good = next(one for one in (token(n, SECRET) for n in range(1, 999)) if "k" in one)
    assert delivery(good.replace("k", "\N{KELVIN SIGN}"), SECRET) is None


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert delivery(text, SECRET) is None


def test_the_star_of_a_pattern_becomes_the_token() -> None:
    made = address("bounces+*@news.example", 17, SECRET)
    assert made == f"bounces+{token(17, SECRET)}@news.example"


def test_each_service_is_told_the_token_in_the_field_it_keeps() -> None:
    told = token(7, SECRET)
    made = fields(7, SECRET, ("postmark", "ses", "mailgun", "sendgrid")).decode()
    assert made == (
        f"X-PM-Metadata-delivery: {told}\r\n"
        f"X-Fieldfare-Delivery: {told}\r\n"
        f'X-Mailgun-Variables: {{"delivery": "{told}"}}\r\n'
        f'X-SMTPAPI: {{"unique_args": {{"delivery": "{told}"}}}}\r\n'
    )
    assert fields(7, SECRET, ()) == b""
