"""The servers that other tests rely on: each starts, answers, and does as it is told."""

import smtplib
import socket
import ssl
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Browser

from tests import services
from tests.conftest import SmtpServerFactory
from tests.services import Address, Postgres
from tests.smtp import Act, InTurn, Security

MESSAGE = b"Subject: hello\r\n\r\n.a line with a dot\r\n"


def _dsn(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


def test_postgresql_copies_a_template_and_keeps_nothing(postgres: Postgres) -> None:
    """A database is a copy of its template, alone with what is written to it, then gone."""
    postgres.create("original")
    with psycopg.connect(_dsn(postgres.url("original"))) as connection:
        connection.execute("CREATE TABLE birds (name text)")
    with postgres.database("original") as one, postgres.database("original") as another:
        with psycopg.connect(_dsn(one)) as connection:
            connection.execute("INSERT INTO birds VALUES ('fieldfare')")
        with psycopg.connect(_dsn(another)) as connection:
            assert connection.execute("SELECT count(*) FROM birds").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(_dsn(one))


def test_mail_server_keeps_what_it_took(smtp_server: SmtpServerFactory) -> None:
    """Envelope and bytes are those the client sent, with the dots unstuffed."""
    server = smtp_server()
    with smtplib.SMTP(server.host, server.port) as client:
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("from@example.org", ("to@example.org",))
    assert mail.data == MESSAGE
    assert not mail.encrypted
    assert len(server.greetings) == 1


def test_mail_server_offers_starttls_with_a_trusted_certificate(
    smtp_server: SmtpServerFactory,
) -> None:
    """The machine's own trust accepts it, and without TLS no mail is taken."""
    server = smtp_server(security="starttls", logins={"sender": "secret"})
    with smtplib.SMTP(server.host, server.port) as client:
        with pytest.raises(smtplib.SMTPResponseException, match="STARTTLS"):
            client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
        client.starttls(context=ssl.create_default_context())
        client.login("sender", "secret")
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
    (mail,) = server.mails
    assert mail.encrypted
    assert mail.login == "sender"


def test_mail_server_speaks_tls_from_the_first_byte(smtp_server: SmtpServerFactory) -> None:
    """Implicit TLS (RFC 8314): a wrong password is refused, and so is mail without a login."""
    server = smtp_server(security="tls", logins={"sender": "secret"})
    context = ssl.create_default_context()
    with smtplib.SMTP_SSL(server.host, server.port, context=context) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("sender", "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused, match="Authentication required"):
            client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
        client.login("sender", "secret")
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
    (mail,) = server.mails
    assert mail.encrypted


def test_mail_server_replies_as_the_script_says(smtp_server: SmtpServerFactory) -> None:
    """First a refusal, then business as usual."""
    server = smtp_server(script=InTurn({"RCPT": ["450 4.2.1 later"], "DATA": ["451 4.3.0 no"]}))
    with smtplib.SMTP(server.host, server.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
        assert server.mails == []
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
    assert len(server.mails) == 1


@pytest.mark.parametrize("security", ["none", "starttls"])
def test_mail_server_hangs_up_after_the_dot(
    smtp_server: SmtpServerFactory, security: Security
) -> None:
    """The client is left in doubt: the mail was taken, and no reply says so."""
    server = smtp_server(security=security, script=InTurn({"DATA": [Act.HANG_UP]}))
    client = smtplib.SMTP(server.host, server.port)
    if security == "starttls":
        client.starttls(context=ssl.create_default_context())
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)
    client.close()
    assert len(server.mails) == 1


def test_mail_server_falls_silent(smtp_server: SmtpServerFactory) -> None:
    """A client that waits for a reply runs into its own time limit."""
    server = smtp_server(script=InTurn({"MAIL": [Act.SAY_NOTHING]}))
    with smtplib.SMTP(server.host, server.port, timeout=0.2) as client:
        client.ehlo()
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.mail("from@example.org")


def test_smtp_sink_swallows_mail(smtp_sink: Callable[..., Address]) -> None:
    """Postfix's own test server takes what it is given."""
    sink = smtp_sink()
    with smtplib.SMTP(sink.host, sink.port) as client:
        assert client.sendmail("from@example.org", ["to@example.org"], MESSAGE) == {}


def test_smtp_sink_takes_options(smtp_sink: Callable[..., Address]) -> None:
    """Its options are those of smtp-sink(1): here, every RCPT is refused for good."""
    sink = smtp_sink("-f", "RCPT")
    with smtplib.SMTP(sink.host, sink.port) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("from@example.org", ["to@example.org"], MESSAGE)


def test_smtp_sink_is_gone_afterwards() -> None:
    """What was started is ended: nobody listens any more."""
    with services.smtp_sink() as sink:
        pass
    with socket.socket() as client:
        assert client.connect_ex((sink.host, sink.port)) != 0


def test_browser_shows_a_page(browser: Browser) -> None:
    """Chromium renders what it is given."""
    page = browser.new_page(color_scheme="dark")
    page.set_content("<h1>Fieldfare</h1>")
    assert page.inner_text("h1") == "Fieldfare"
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is True
    page.close()
