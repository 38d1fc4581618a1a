"""What is personal in a mail, put where it belongs."""

from notifier.mail.lines import spliced


def test_a_slot_of_a_head_is_filled_with_its_value_as_it_is() -> None:
    assert spliced(b"to", {b"to": b"anna@example.org"}) == b"anna@example.org"
