"""What a mail is that came back, and whose it is, by what was signed alone."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.mail import return_path
from notifier.returns.classify import classified
from notifier.returns.returned import Claims, ReturnKind
from notifier.subscribers.links import MailLinks
from tests.returned import WHO, Form, bounces, headers, report
from tests.returned_dialects import by_button, delays, dialects
from tests.returned_otherwise import complaint, otherwise, written

SECRET = b"a secret of tests, thirty-two bytes"
LINKS = MailLinks(base_url="https://news.example", secret=SECRET)
TOKEN = return_path.token(17, SECRET)
FORGED = f"17.{'a' * 16}"
LEAVE = LINKS.unsubscribe("a1b2c3d4e5f6", 1)


def forms() -> Iterator[Form]:
    yield from bounces()
    yield from otherwise()
    yield from dialects()
    yield from delays()
    yield by_button()
    for number, subject in enumerate(
        (LEAVE, f"Re: {LEAVE}", f"unsubscribe {LEAVE}", f"<{LEAVE}>", f"AW: {LEAVE} ", f"{LEAVE}.")
    ):
        yield Form(f"leave-{number}", written(subject, "").encode(), ReturnKind.UNSUBSCRIBE, "")
    machine = written(LEAVE, "", "Auto-Submitted: auto-generated", "Precedence: bulk")
    yield Form("leave-by-a-machine", machine.encode(), ReturnKind.UNSUBSCRIBE, "")
    folded = written(f"{LEAVE[:40]}\n {LEAVE[40:]}", "").replace("\n ", "")
    yield Form("leave-folded", folded.encode(), ReturnKind.UNSUBSCRIBE, "")


def test_there_are_three_hundred_forms() -> None:
    assert len({form.raw for form in forms()}) == 349


@pytest.mark.parametrize("form", [*forms()], ids=lambda form: form.name)
def test_each_form_is_known(form: Form) -> None:
    raw = form.raw.replace(b"17.{mark}", TOKEN.encode())
    found = classified(raw, SECRET)
    assert found.kind is form.kind
    assert found.recipient == form.recipient
    if form.name.startswith("leave"):
        assert found.claims == Claims(public_id="a1b2c3d4e5f6")


BOUNCE = next(form.raw for form in bounces() if form.name == "postfix-hard-0").decode()


def to(address: str, raw: str = BOUNCE) -> bytes:
    return raw.replace("To: bounces@news.example", f"To: {address}").encode()


@pytest.mark.parametrize(
    "local",
    [
        f"bounces+{TOKEN}",
        f"BOUNCES+{TOKEN.upper()}",
        f"bounces-{TOKEN}",
        TOKEN,
        f"SRS0=Ab=CD=news.example=bounces+{TOKEN}",
        f"prvs=1234567890=bounces+{TOKEN}",
    ],
)
def test_a_return_path_tells_of_which_delivery(local: str) -> None:
    address = f"{local}@news.example"
    assert classified(to(address), SECRET).claims == Claims(delivery=17)
    assert classified(to("x@news.example"), SECRET, [address]).claims == Claims(delivery=17)


@pytest.mark.parametrize("local", [f"bounces+{FORGED}", "bounces", "bounces+17", f"b{TOKEN[:-1]}"])
def test_what_nobody_signed_tells_nothing(local: str) -> None:
    assert not classified(to(f"{local}@news.example"), SECRET).claims
    of_another = classified(to(f"bounces+{TOKEN}@news.example"), b"another secret" * 3)
    assert not of_another.claims


def test_an_envelope_id_tells_of_which_delivery() -> None:
    fields = (
        f"Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: {TOKEN}\n\n"
        f"Final-Recipient: rfc822; {WHO}\nAction: failed\nStatus: 5.1.1\n"
    )
    found = classified(report("postmaster@mx.example", "x", "y", fields).encode(), SECRET)
    assert (found.kind, found.claims) == (ReturnKind.HARD, Claims(delivery=17))


def test_a_complaint_holds_what_it_is_about() -> None:
    of_path = complaint("abuse", "x", f"Return-Path: <bounces+{TOKEN}@news.example>\nSubject: y\n")
    assert classified(of_path.encode(), SECRET).claims == Claims(delivery=17)
    of_link = complaint("abuse", "x", f"Subject: y\nList-Unsubscribe: <{LEAVE}>\n")
    assert classified(of_link.encode(), SECRET).claims == Claims(public_id="a1b2c3d4e5f6")


def test_a_mail_that_comes_back_encoded_is_looked_into() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "MAILER-DAEMON@mx.example", "failure notice"
    mail["Return-Path"] = "<>"
    mail.set_content(f"<{WHO}>: 550 5.1.1 user unknown\n{LEAVE}\n", cte="base64")
    found = classified(mail.as_bytes(), SECRET)
    assert (found.kind, found.claims.public_id) == (ReturnKind.HARD, "a1b2c3d4e5f6")


@pytest.mark.parametrize("coding", ["base64", "quoted-printable"])
def test_a_report_may_be_encoded(coding: str) -> None:
    fields = f"Final-Recipient: rfc822; {WHO}\nAction: failed\nStatus: 5.2.2\n over quota\n"
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "postmaster@mx.example", "x"
    mail.set_content(f"Reporting-MTA: dns; mx.example\n\n{fields}", cte=coding)
    raw = mail.as_bytes().replace(b"text/plain", b"message/delivery-status")
    found = classified(raw, SECRET)
    assert (found.kind, found.recipient, found.status) == (ReturnKind.FULL, WHO, "5.2.2")


def test_a_report_with_blank_lines_within_is_read() -> None:
    fields = f"Final-Recipient: rfc822; {WHO}\n\nAction: failed\n\nStatus: 5.1.1\n\nnothing\n"
    found = classified(report("postmaster@mx.example", "x", "y", fields).encode(), SECRET)
    assert (found.kind, found.recipient) == (ReturnKind.HARD, WHO)


def test_a_report_that_says_nothing_leaves_it_to_the_words() -> None:
    raw = report("postmaster@mx.example", "failure notice", f"<{WHO}>: 550 no such user", "X: y\n")
    assert classified(raw.encode(), SECRET).kind is ReturnKind.HARD


def test_what_is_said_in_html_alone_is_read() -> None:
    page = f"<html><p>Your mail to <b>{WHO}</b> failed:</p> <i>550 no such user</i></html>"
    raw = headers("MAILER-DAEMON@mx.example", "failure notice", content="text/html") + page
    found = classified(raw.encode(), SECRET)
    assert (found.kind, found.recipient) == (ReturnKind.HARD, WHO)


def test_a_header_that_is_broken_is_told_as_it_is() -> None:
    found = classified(b"Subject: =?utf-8?b?a?=\n\nHello\n", SECRET)
    assert found.diagnostic == "=?utf-8?b?a?="


def test_a_mail_of_parts_may_say_how_it_is_encoded() -> None:
    raw = complaint("abuse", "x", f"Return-Path: <bounces+{TOKEN[:9]}\nSubject: y\n")
    raw = raw.replace("MIME-Version", "Content-Transfer-Encoding: 8bit\nMIME-Version", 1)
    assert not classified(raw.encode(), SECRET).claims


def test_links_that_do_something_else_end_nothing() -> None:
    view = LINKS.view("a1b2c3d4e5f6", 1, "d2026-11-26").replace("/d/", "/u/")
    damaged = f"{LEAVE[:-3]}xyz"
    for link in (view, damaged, "https://news.example/u/nothing"):
        found = classified(written(link, "").encode(), SECRET)
        assert (found.kind, bool(found.claims)) == (ReturnKind.OTHER, False)


def test_a_mail_has_one_key_whichever_way_it_came() -> None:
    raw = to(f"bounces+{TOKEN}@news.example")
    again = raw.replace(b"\n", b"\r\n")
    forwarded = b"Received: from elsewhere.example\nDelivered-To: x@news.example\n" + raw
    keys = {classified(each, SECRET).key for each in (raw, again, forwarded)}
    assert len(keys) == 1
    assert classified(raw.replace(b"User unknown", b"User gone"), SECRET).key not in keys


PART = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
REPORT = (
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
)
FAILED = b"Return-Path: <>\nFrom: MAILER-DAEMON\nSubject: failure notice\n\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(PART % (number, number) for number in range(9_999)),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 99_999,
        b"Subject: " + b"=?utf-8?q?a?= " * 99_999 + b"\n\n",
        b"Subject: =?utf-8?b?" + b"////" * 9_999 + b"?=\n\n",
        b"Subject: =?no-such-charset?q?a?=\n\n",
        b"Content-Type: text/plain; charset=no-such\n\nfailure",
        b"\0" * 999_999,
        FAILED + b"17.aaaaaaaaaaaaaaaa " * 99_999,
        b"Subject: " + b"https://news.example/u/a.u.b.1 " * 99_999 + b"\n\n",
        FAILED + b"<@" * 299_999,
        REPORT + b"Final-Recipient: rfc822; a@b.c\n\n" * 49_999,
        b"Content-Type: message/rfc822\n\n" * 9_999,
        b"From: a@b\rSubject: x\r" + b"Content-Type: message/rfc822\r\r" * 3_000,
        b"Content-Type: message/feedback-report\n\n",
        b"",
    ],
)
def test_what_is_to_do_harm_claims_nothing(raw: bytes) -> None:
    assert not classified(raw, SECRET).claims


@given(st.binary(max_size=600))
@example(
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n"
)
def test_whatever_comes_is_understood_somehow(raw: bytes) -> None:
    found = classified(raw, SECRET, ["bounces@news.example"])
    assert not found.claims
    assert re.fullmatch("[0-9a-f]{64}", found.key)


@pytest.mark.parametrize(
    "words",
    [
        "554 5.7.1 le domaine de l'expéditeur n'existe pas",
        "550 5.7.1 Absenderadresse existiert nicht",
        "550 5.7.1 Il dominio del mittente non esiste",
        "554 5.7.1 We couldn't find an MX for your sending host",
        "550 5.7.0 送信元ドメインが存在しません",
        "550 O domínio do remetente não existe",
        "550 Домен отправителя не найден: не удалось найти MX",
    ],
)
def test_what_is_missing_of_us_is_no_dead_mailbox(words: str) -> None:
    status = words.split()[1] if words.split()[1][1:2] == "." else "5.0.0"
    fields = (
        f"Final-Recipient: rfc822; {WHO}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {words}\n"
    )
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "postmaster@mx.example", "failure notice"
    mail.set_content(f"Reporting-MTA: dns; mx.example\n\n{fields}", cte="base64")
    raw = mail.as_bytes().replace(b"text/plain", b"message/delivery-status")
    assert classified(raw, SECRET).kind is ReturnKind.POLICY


def test_a_machines_answer_from_nobody_is_one() -> None:
    raw = headers("Anna <anna@reader.example>", "Hello") + "I am a teapot.\n"
    assert classified(raw.encode(), SECRET).kind is ReturnKind.AUTO_REPLY


def test_the_same_words_of_two_deliveries_are_two_mails() -> None:
    """Some servers name nobody, and say the same to all within a second."""
    keys = {
        classified(to(f"bounces+{return_path.token(number, SECRET)}@news.example"), SECRET).key
        for number in (17, 18)
    }
    assert len(keys) == 2
