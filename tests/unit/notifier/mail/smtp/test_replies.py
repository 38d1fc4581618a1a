"""SMTP replies are read as servers send them, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.mail.smtp.replies import Malformed, ReplyLine, assembled, line, taken
from notifier.model import Reply, Stage


def reply(*received: bytes) -> Reply:
    return assembled(Stage.RCPT, [line(one) for one in received])


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (b"250 Ok", ReplyLine(code=250, is_last=True, text="Ok")),
        (b"250-one of several", ReplyLine(code=250, is_last=False, text="one of several")),
        (b"250", ReplyLine(code=250, is_last=True, text="")),
        (b"250 ", ReplyLine(code=250, is_last=True, text="")),
        (b"550 caf\xc3\xa9", ReplyLine(code=550, is_last=True, text="café")),
        (b"550 caf\xe9", ReplyLine(code=550, is_last=True, text="caf\N{REPLACEMENT CHARACTER}")),
    ],
)
def test_a_line_is_a_code_a_mark_and_a_text(received: bytes, expected: ReplyLine) -> None:
    assert line(received) == expected


@pytest.mark.parametrize(
    "received", [b"", b"25", b"2500 Ok", b"099 Ok", b"650 Ok", b"Ok", b"250_Ok", b" 250 Ok"]
)
def test_anything_else_is_malformed(received: bytes) -> None:
    with pytest.raises(Malformed):
        line(received)


@pytest.mark.parametrize(
    ("received", "enhanced", "text"),
    [
        ([b"250 2.1.5 Ok"], "2.1.5", "Ok"),
        ([b"550 5.1.1"], "5.1.1", ""),
        ([b"550-5.7.1 not", b"550 5.7.1 you"], "5.7.1", "not you"),
        ([b"550-no code here", b"550 5.7.1 but here"], "5.7.1", "no code here but here"),
        ([b"550 no code"], None, "no code"),
        ([b"550 2.1.5 of another class"], None, "2.1.5 of another class"),
        ([b"250 5.1.10.2 a number"], None, "5.1.10.2 a number"),
        ([b"250 3.1.1 no class"], None, "3.1.1 no class"),
    ],
)
def test_a_status_code_counts_where_it_is_of_the_replys_class(
    received: list[bytes], enhanced: str | None, text: str
) -> None:
    """RFC 2034 section 4."""
    found = reply(*received)
    assert (found.stage, found.enhanced, found.text) == (Stage.RCPT, enhanced, text)


def test_lines_of_different_codes_are_no_reply() -> None:
    with pytest.raises(Malformed, match="differ"):
        reply(b"250-one", b"251 two")


@given(st.binary())
def test_any_bytes_are_a_line_or_malformed(received: bytes) -> None:
    try:
        found = line(received)
    except Malformed:
        return
    assert 200 <= found.code <= 599
    assert assembled(Stage.DOT, [found]).code == found.code


_GO_ON = b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with a dot\r\n"


@pytest.mark.parametrize(
    "received",
    [
        *(b"250 Ok", b"250 ", b"250 2.0.0", b"250 2.0.0 Ok: as 42", b"250 2.0.0\tOk"),
        *(b"250 5.0.0 Ok", b"250 2.0.0.1 Ok", b"250 caf\xc3\xa9 \xe9", b"250 Ok\x1b[2J"),
    ],
)
def test_what_nearly_always_comes_is_read_at_once_as_it_is_read_by_lines(received: bytes) -> None:
    reply = assembled(Stage.DOT, [line(received)])
    assert taken(received + b"\r\n" + _GO_ON) == (reply, True)
    assert taken(received + b"\r\n") == (reply, False)


@pytest.mark.parametrize(
    "received",
    [
        b"550 5.7.1 not you\r\n" + _GO_ON,
        b"250-Ok\r\n250 Ok\r\n" + _GO_ON,
        b"250\r\n" + _GO_ON,
        b"250 Ok\r\n" + _GO_ON.replace(b"354", b"554"),
        b"250 Ok\r\n" + _GO_ON.replace(b"250 2.1.5", b"550 5.1.1"),
        b"250 Ok\r\n" + _GO_ON + b"421 bye\r\n",
        b"250 Ok\r\n" + _GO_ON[:-1],
        b"250 Ok\n" + _GO_ON,
        b"250 " + 600 * b"x" + b"\r\n" + _GO_ON,
    ],
)
def test_anything_else_is_read_by_lines(received: bytes) -> None:
    assert taken(received) is None
