"""A digest is a message every mail program reads alike, and nobody can put a header into."""

import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.errors import MessageRefused
from notifier.mail.lines import are_whole, encoded, slot
from notifier.mail.message import SLOTS, Sender, build, fill, sizes
from tests.builders import a_sender

VALUES = {
    "recipient": "reader@example.org",
    "message_id": "<2026-11-24.a1b2@news.example.org>",
    "date": "Tue, 24 Nov 2026 06:00:00 +0000",
    "unsubscribe_url": "https://news.example.org/u/dGhpcyBpcyBub3Q.u.a1b2.1",
    "view_url": "https://news.example.org/d/YSByZWFsIHRva2Vu.d.a1b2.1.2026-11-24",
    "manage_url": "https://news.example.org/manage/YSB3YXkgaW4.manage.a1b2.1.1764140400",
}
TEXT = f"News\n\nUnsubscribe\n{slot('unsubscribe_url')}\n"
HTML = f'<p>News, <a href="{slot("view_url")}">in a browser</a></p>\n'

plain = st.text(st.characters(exclude_categories=["Cc", "Cs"]))
bodies = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1
)


def a_template(
    sender: Sender | None = None,
    subject: str = "3 new items",
    text: str | Sequence[str] = TEXT,
    html: str | Sequence[str] = HTML,
) -> bytes:
    """The bodies are of as many pieces as are given."""
    bodies = ([body] if isinstance(body, str) else body for body in (text, html))
    plain_, rich = ([*map(encoded, body)] for body in bodies)
    return build(sender or a_sender(), subject=subject, language="en", text=plain_, html=rich)


def a_message(*arguments: Any, **changes: Any) -> EmailMessage:
    return parsed(message_of(a_template(*arguments, **changes), VALUES))


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert [part.defects for part in found.walk() if part.defects] == []
    return found


def body(message: EmailMessage, kind: str) -> MIMEPart:
    part = message.get_body((kind,))
    assert isinstance(part, MIMEPart)
    return part


def content(message: EmailMessage, kind: str) -> str:
    found: str = body(message, kind).get_content()
    return found.replace("\r\n", "\n")


def as_sent(*pieces: str) -> str:
    """A body as it arrives: line ends alike, one at the end of each piece of it."""
    alike = (piece.replace("\r\n", "\n").replace("\r", "\n") for piece in pieces)
    return "".join(f"{piece.rstrip(chr(10))}\n" for piece in alike)


def seen(body: str) -> str:
    """What a reader sees of it: nobody sees blanks at the end of a line."""
    return re.sub(" +$", "", body, flags=re.MULTILINE)


def check_lines(message: bytes) -> None:
    """RFC 5322 2.1.1 and 2.3, RFC 2045 6.7, seen on the bytes themselves."""
    lines = message.split(b"\r\n")
    assert lines[-1] == b""
    assert not [line for line in lines if re.search(rb"[\r\n\0]", line)]
    head, body = lines[: lines.index(b"")], lines[lines.index(b"") :]
    assert max(map(len, head)) <= 998
    assert max(map(len, body)) <= 76
    assert not [line for line in body if line.endswith((b" ", b"\t"))]
    # A server doubles a dot there (RFC 5321 4.5.2), a mailbox may quote the other (RFC 4155).
    assert not [line for line in lines if line.startswith((b".", b"From "))]


def message_of(template: bytes, values: Mapping[str, str]) -> bytes:
    """The message for one reader, as it leaves."""
    return bytes(fill(template, values))


def within(pieces: list[str], place: str) -> list[str]:
    """Each of the pieces with a slot, or what stands there, in its middle."""
    halves = ((piece[: len(piece) // 2], piece[len(piece) // 2 :]) for piece in pieces)
    return [place.join(half) for half in halves]


@given(plain, bodies, bodies)
@example("", ["", ""], ["", "view_url", ""])  # the name of a slot between two slots
@example("", ["From x\n.\n..\nFrom \n.x" + "." * 200], ["..", "Права человека. " * 20])
def test_what_goes_in_comes_out(subject: str, texts: list[str], htmls: list[str]) -> None:
    """Any subject and bodies, with slots anywhere, arrive as they were written, either encoded."""
    message = message_of(
        a_template(
            subject=subject,
            text=within(texts, slot("unsubscribe_url")),
            html=within(htmls, slot("view_url")),
        ),
        VALUES,
    )
    found = parsed(message)
    check_lines(message)
    assert are_whole(message)
    assert found["subject"].split() == subject.split()
    for kind, pieces, name in (("plain", texts, "unsubscribe_url"), ("html", htmls, "view_url")):
        wanted = as_sent(*within(pieces, VALUES[name]))
        assert seen(content(found, kind)) == seen(wanted)
        if body(found, kind)["Content-Transfer-Encoding"] == "quoted-printable":
            assert content(found, kind) == wanted


@given(bodies)
def test_a_body_takes_the_smaller_encoding(texts: list[str]) -> None:
    """Base64 where a script is not ours, which quoted-printable triples; neither needs 8BITMIME.

    Text may take a seventh more to be read as it is.
    """
    found = a_message(text=texts, html=texts)
    quoted, based = sizes([*map(encoded, texts)])
    for kind, worth in (("plain", 8 / 7), ("html", 1)):
        told = "quoted-printable" if quoted <= worth * based else "base64"
        assert body(found, kind)["Content-Transfer-Encoding"] == told


def test_a_body_in_russian_takes_half_of_what_it_took() -> None:
    quoted, based = sizes([encoded("Права человека: курс для следователей. " * 100)])
    assert based < quoted / 2
    assert a_message(text="Права человека " * 9).get_body(("plain",))


def test_a_long_page_address_is_broken_softly() -> None:
    url = f"https://news.example.org/{'x' * 200}"
    template = a_template(text=f"Read {slot('view_url')} here.")
    message = message_of(template, {**VALUES, "view_url": url})
    check_lines(message)
    assert seen(content(parsed(message), "plain")) == f"Read {url} here.\n"


@given(st.integers(0, 370), st.integers(60, 90), st.integers(60, 90))
def test_a_page_address_of_any_length_stays_whole(length: int, before: int, behind: int) -> None:
    """Wherever it stands in a line, and however long it is, lines keep to 76 (RFC 2045 6.7)."""
    url = f"https://news.example.org/{'x' * length}"
    text = f"{'a' * before}{slot('view_url')}{'b' * behind}"
    message = message_of(a_template(text=text), {**VALUES, "view_url": url})
    check_lines(message)
    assert seen(content(parsed(message), "plain")) == f"{'a' * before}{url}{'b' * behind}\n"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_any_name_of_the_sender_arrives_as_it_was_written(name: str) -> None:
    message = message_of(a_template(a_sender(name=name)), VALUES)
    check_lines(message)
    # The parser of Python 3.11 keeps a space between encoded words of a name (RFC 2047 6.2 drops
    # it), so the header is decoded first.
    written = str(make_header(decode_header(message_from_bytes(message)["from"])))
    found, address = parseaddr(written) if name.isascii() else written.rsplit(" ", 1)
    assert address.strip("<>") == "digest@example.org"
    assert found.split() == name.split()


def test_headers_are_those_of_a_digest() -> None:
    """RFC 5322, 2369, 2919, 3834, 8058: one of each, saying what programs need to know."""
    message = a_message(a_sender(reply_to="editors@example.org"))
    assert [(name, str(value)) for name, value in message.items()] == [
        ("From", "Fieldfare <digest@example.org>"),
        ("To", "reader@example.org"),
        ("Reply-To", "editors@example.org"),
        ("Subject", "3 new items"),
        ("Date", VALUES["date"]),
        ("Message-ID", VALUES["message_id"]),
        ("MIME-Version", "1.0"),
        ("Content-Language", "en"),
        ("Auto-Submitted", "auto-generated"),
        ("List-Id", "Fieldfare <digest.news.example.org>"),
        ("List-Unsubscribe", f"<{VALUES['unsubscribe_url']}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Help", "<https://news.example.org/>"),
        ("List-Post", "NO"),
        ("Content-Type", message["Content-Type"]),
    ]


def test_one_click_is_offered_by_https_alone() -> None:
    """RFC 8058 section 3.1."""
    message = a_message(a_sender(site_url="http://127.0.0.1:8025"))
    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Unsubscribe"]


def test_a_list_id_without_a_title_keeps_its_brackets() -> None:
    assert a_message(a_sender(site_title=""))["List-Id"] == "<digest.news.example.org>"


def test_no_reply_address_means_no_reply_header() -> None:
    assert "Reply-To" not in a_message()


def test_who_cannot_follow_a_link_can_write_to_leave() -> None:
    """The page comes first (RFC 8058); a mail's subject tells whoever reads it which page.

    What is no letter, digit or one of few signs is percent-encoded in either part (RFC 6068 2).
    """
    message = a_message(a_sender(unsubscribe_mailbox="leave+50%&more@example.org"))
    url = VALUES["unsubscribe_url"]
    page, mail = message["List-Unsubscribe"].split(", ")
    assert page == f"<{url}>"
    assert mail.startswith("<mailto:leave+50%25%26more@example.org?subject=https%3A%2F%2Fnews.")
    address, _, asked = mail.strip("<>").removeprefix("mailto:").partition("?")
    assert unquote(address) == "leave+50%&more@example.org"
    assert parse_qs(asked) == {"subject": [url]}


def test_an_address_that_is_too_long_for_a_query_is_refused() -> None:
    """RFC 5322 2.1.1: a line has 998 octets at most."""
    url = f"https://news.example.org/{'/' * 300}"
    template = a_template(a_sender(unsubscribe_mailbox="leave@example.org"))
    with pytest.raises(MessageRefused, match="too long"):
        message_of(template, {**VALUES, "unsubscribe_url": url})


def test_text_comes_first_and_html_last() -> None:
    """RFC 2046 5.1.4: the last alternative is the richest; text comes before it."""
    message = a_message()
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert part.get_content_charset() == "utf-8"


def test_equal_content_gives_equal_bytes_and_different_content_another_boundary() -> None:
    assert a_template() == a_template()
    boundaries = {a_message(text=text).get_boundary() for text in ("one", "two")}
    assert len(boundaries) == 2
    assert all(boundary and boundary.startswith("=_") for boundary in boundaries)


def test_a_slot_on_a_line_of_its_own_needs_no_soft_breaks() -> None:
    message = fill(a_template(), VALUES)
    body = bytes(message).decode("ascii")
    assert message.is_ascii
    assert f"\r\nUnsubscribe\r\n{VALUES['unsubscribe_url']}\r\n\r\n" in body


def test_a_line_with_a_single_dot_does_not_end_the_message() -> None:
    """RFC 5321 4.5.2: transports stuff dots; a message without such lines is safe without."""
    assert b"\r\n.\r\n" not in message_of(a_template(text="one\n.\ntwo"), VALUES)


def test_a_long_subject_is_folded_and_a_long_word_encoded() -> None:
    labels = ", ".join(["Combating trafficking in human beings"] * 5)
    for subject in (labels, "x" * 300, "=?utf-8?q?not_an_encoded_word?=", "Права человека " * 9):
        message = message_of(a_template(subject=subject), VALUES)
        subject_lines = re.search(rb"Subject: (.*?)\r\nDate:", message, re.DOTALL)
        assert subject_lines
        assert max(map(len, subject_lines[0].split(b"\r\n"))) <= 76
        assert parsed(message)["subject"].split() == subject.split()


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0", "\x0b"])
def test_nobody_puts_a_header_into_a_message(break_: str) -> None:
    injected = f"News{break_}Bcc: everyone@example.org"
    with pytest.raises(MessageRefused, match="Subject"):
        a_template(subject=injected)
    with pytest.raises(ValueError, match="line breaks"):
        a_sender(name=injected)


@pytest.mark.parametrize("name", ["address", "reply_to", "list_id", "site_url"])
def test_a_sender_has_addresses_every_server_understands(name: str) -> None:
    with pytest.raises(ValueError, match="A-labels"):
        a_sender(**{name: "news@bücher.example"})


@pytest.mark.parametrize("body", ["a\0b", slot("recipient"), slot("view_url") + "\0", "\0view_url"])
def test_a_body_holds_no_other_slot_than_page_addresses(body: str) -> None:
    with pytest.raises(MessageRefused, match="body"):
        a_template(text=body)
    with pytest.raises(MessageRefused, match="body"):
        a_template(html=body)


@pytest.mark.parametrize("name", SLOTS)
@pytest.mark.parametrize(
    "tail",
    ["\r\nBcc: everyone@example.org", "\n", "\0", "\x7f", "\ud800", "x" * 500],
    ids=["header", "line feed", "nul", "delete", "surrogate", "length"],
)
def test_a_value_that_cannot_stand_in_its_slot_is_refused(name: str, tail: str) -> None:
    with pytest.raises(MessageRefused, match=name) as refused:
        message_of(a_template(), {**VALUES, name: VALUES[name] + tail})
    assert refused.value.part == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recipient", "reader"),
        ("recipient", "a@example.org, b@example.org"),
        ("recipient", "Reader <a@example.org>"),
        ("recipient", "everyone:a@example.org"),
        ("recipient", "[a]@example.org"),
        ("recipient", ".a@example.org"),
        ("recipient", "a..b@example.org"),
        ("recipient", "a.@example.org"),
        ("message_id", "a1b2@news.example.org"),
        ("message_id", "<a1b2>"),
        ("date", "вторник"),
        ("view_url", "javascript:alert(1)"),
        ("view_url", 'https://news.example.org/"onclick="x'),
        ("unsubscribe_url", "https://news.example.org/>,<https://other.example.org/"),
        ("unsubscribe_url", "https://news.example.org/?a=3D&b"),
    ],
)
def test_a_value_means_nothing_more_than_it_should(name: str, value: str) -> None:
    with pytest.raises(MessageRefused):
        message_of(a_template(), {**VALUES, name: value})


def test_a_template_with_a_line_that_begins_with_a_dot_is_refused() -> None:
    """A message of it is known to need no dot doubled (RFC 5321 section 4.5.2)."""
    with pytest.raises(MessageRefused, match="begins with a dot"):
        message_of(a_template() + b".\r\n", VALUES)


def test_a_template_whose_last_line_does_not_end_is_refused() -> None:
    """Nothing is put between it and the dot that ends a message of it."""
    for last in (b"--", slot("unsubscribe_url").encode()):
        with pytest.raises(MessageRefused, match="does not end"):
            message_of(a_template() + last, VALUES)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\n\r", b"\r\r\n"])
def test_a_template_in_which_an_end_of_line_stands_alone_is_refused(end: bytes) -> None:
    with pytest.raises(MessageRefused, match="stands alone"):
        message_of(a_template() + b"--" + end, VALUES)
    # A slot between the two does not make one end of them.
    with pytest.raises(MessageRefused, match="stands alone"):
        message_of(b"\r" + slot("recipient").encode() + b"\n", VALUES)


def test_every_slot_needs_a_value() -> None:
    for name in SLOTS:
        with pytest.raises(MessageRefused, match=name):
            message_of(a_template(), {key: value for key, value in VALUES.items() if key != name})


def test_an_address_beyond_ascii_stands_in_utf_8() -> None:
    """RFC 6532; whether it can be sent is for the transport to ask (RFC 6531)."""
    message = fill(a_template(), {**VALUES, "recipient": "чтец@example.org"})
    assert "\r\nTo: чтец@example.org\r\n".encode() in bytes(message)
    assert not message.is_ascii


@given(
    st.text(
        st.characters(exclude_categories=["C", "Z"], exclude_characters='<>()[]:\\,;"@.'),
        min_size=1,
    ).filter(lambda local: len(local) < 60)
)
def test_any_address_that_can_be_one_stands_in_to_alone(local: str) -> None:
    """Others are refused: nobody is added by the way somebody is spelt."""
    address = f"{local}@bücher.example"
    message = message_of(a_template(), {**VALUES, "recipient": address})
    check_lines(message)
    found = message_from_bytes(message, policy=policy.default.clone(utf8=True))
    told = found["to"].encode("utf-8", "surrogateescape").decode()
    assert "".join(told.split()) == address
    assert found["bcc"] is None
    assert found["cc"] is None
