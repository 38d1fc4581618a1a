"""An installation is tried before its readers try it: against real servers of every kind."""

import asyncio
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import cast

import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.clock import clock
from config.settings import Settings
from notifier.app import sources, trial
from notifier.app.house import House
from notifier.app.trial import here, letter, others
from notifier.mail.dkim import public_key
from notifier.mail.sender_records import Finding, TrialVerdict
from tests.configured import settings_from
from tests.conftest import SmtpServerFactory
from tests.publisher.server import Request, Response, publishing
from tests.smtp import InTurn

SECRET = "0123456789abcdef0123456789abcdef"
KEY = (
    Ed25519PrivateKey.generate()
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
FROM = "digest@news.lakes.org"


class NameService(asyncio.DatagramProtocol):
    """Answers by a table of names and kinds; of a name that is in none, that there is none."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self.records = records

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        [asked] = question.question
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        if found := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, found))
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[tuple[str, str], list[str]]]:
    """What the name service has; it is asked for everything."""
    told: dict[tuple[str, str], list[str]] = {}
    loop = asyncio.new_event_loop()
    made = loop.create_datagram_endpoint(lambda: NameService(told), ("127.0.0.1", 0))
    transport, _ = loop.run_until_complete(made)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
    yield told
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    transport.close()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def settings_of(folder: Path, text: str = "") -> Settings:
    head = f"""
secret = "{SECRET}"
[site]
url = "https://news.lakes.org"
authority = "news.lakes.org"
[fetch]
private_hosts = "127.0.0.1"
pause_seconds = 0
"""
    return settings_from(folder / "fieldfare.toml", head + text)


def mail(port: int, more: str = "") -> str:
    return f"""
[mail]
transport = "smtp"
from_address = "{FROM}"
[mail.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
{more}
"""


def asked(settings: Settings, now: datetime | None = None) -> list[Finding]:
    fetcher = sources.fetcher(settings, clock=clock, stopping=Event())
    try:
        told = others.looks(settings, lambda: fetcher, lambda: now or clock())
        return trial.found(told)
    finally:
        fetcher.close()


def verdicts(found: list[Finding]) -> dict[str, TrialVerdict]:
    return {each.subject: each.verdict for each in found}


OK, WARNING, WRONG = TrialVerdict.OK, TrialVerdict.WARNING, TrialVerdict.WRONG


def test_a_sender_whom_receivers_believe_is_told_so(
    tmp_path: Path,
    records: dict[tuple[str, str], list[str]],
    smtp_server: SmtpServerFactory,
) -> None:
    server = smtp_server()
    (tmp_path / "key.pem").write_text(KEY)
    dkim = '[mail.dkim]\ned25519_selector = "s1"\ned25519_key_file = "key.pem"\n'
    settings = settings_of(tmp_path, mail(server.port, dkim))
    key = b64encode(public_key("ed25519", KEY.encode())).decode()
    records |= {
        ("news.lakes.org", "TXT"): ['"v=spf1 mx " "-all"'],
        ("news.lakes.org", "MX"): ["20 b.lakes.org.", "10 a.lakes.org."],
        ("s1._domainkey.news.lakes.org", "TXT"): [f'"v=DKIM1; k=ed25519; p={key}"'],
        ("_dmarc.lakes.org", "TXT"): ['"v=DMARC1; p=reject"'],
    }
    found = asked(settings)
    assert set(verdicts(found).values()) == {OK}
    said = {each.subject: each.said for each in found}
    assert said["MX of news.lakes.org"] == "a.lakes.org, b.lakes.org"
    assert "SIZE" in said[f"the mail server 127.0.0.1:{server.port}"]
    assert server.mails == []


def test_what_is_wrong_outside_is_told_with_what_to_do(
    tmp_path: Path, records: dict[tuple[str, str], list[str]]
) -> None:
    def answer(request: Request) -> Response:
        date = ("Date", "Mon, 01 Jan 2024 12:00:00 GMT")
        if request.path == "/robots.txt":
            return Response(body=b"User-agent: *\nDisallow: /private")
        return Response(status=403 if request.path == "/forbidden" else 200, headers=(date,))

    records[("news.lakes.org", "TXT")] = ['"v=spf1 +all"']
    with publishing(answer) as publisher:
        web = "".join(
            f'[[sources]]\nname = "{name}"\nkind = "web"\nurl = "{publisher.at(f"/{name}")}"\n'
            for name in ("forbidden", "private", "there")
        )
        folder = f'[[sources]]\nname = "inbox"\npath = "{tmp_path / "none"}"\n'
        settings = settings_of(tmp_path, mail(1) + web + folder)
        now = datetime(2024, 1, 1, 12, 1, tzinfo=UTC)
        found = asked(settings, now)
        late = asked(settings, now + timedelta(hours=1))
    assert verdicts(found) == {
        "the mail server 127.0.0.1:1": WRONG,
        "SPF of news.lakes.org": WRONG,
        "MX of news.lakes.org": WRONG,
        "DMARC of news.lakes.org": WARNING,
        "source forbidden": WRONG,
        "source private": WRONG,
        "source there": OK,
        "clock": WARNING,
        "source inbox": WRONG,
    }
    assert verdicts(late)["clock"] is WRONG
    assert all(each.do for each in found if each.verdict is not OK)


def test_who_hangs_or_breaks_holds_up_nobody() -> None:
    stands = Event()

    def hangs() -> list[Finding]:
        stands.wait()
        return []

    def breaks() -> list[Finding]:
        raise RuntimeError

    fine = Finding(subject="fine", said="so")
    found = trial.found({"hung": hangs, "broken": breaks, "fine": lambda: [fine]}, seconds=1)
    stands.set()
    assert [(each.subject, each.said) for each in found] == [
        ("hung", "no answer within 1 seconds"),
        ("broken", "RuntimeError"),
        ("fine", "so"),
    ]


def test_what_is_wrong_here_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[field]]\nslug = "a"\nlabel = "A"\nlabels.xx = "A"\n')
    text = mail(25).replace(FROM, "digest@example.org") + "[look]\n"
    text += '[[webhooks]]\nname = "a"\nurl = "https://a.example.net/"\nsecret_path = "none"\n'
    settings = settings_of(tmp_path, text)
    site = settings.site.model_copy(update={"taxonomy": tmp_path / "own.toml"})
    settings = settings.model_copy(update={"site": site})
    found = [*here.settings_used(settings), *here.store(settings), *here.folders(settings)]
    said = [(each.subject, each.verdict) for each in found]
    assert said[:4] == [*[("settings", WRONG)] * 2, ("taxonomy", WARNING), ("store", OK)]
    assert "example.org" in found[0].said
    assert found[1].said.startswith("[[webhooks]] a: secret_path = ")
    (tmp_path / "fieldfare.db").write_bytes(b"no store" * 1000)
    assert [each.verdict for each in here.store(settings)] == [WRONG]
    (tmp_path / "own.toml").write_text('[[field]]\nslug = "a"\n')
    told = [each.said for each in here.settings_used(settings) if each.verdict is WRONG]
    assert any(f"{tmp_path / 'own.toml'}:1:" in each for each in told)


def test_a_trial_mail_goes_the_way_of_all_and_tells_each_answer(
    tmp_path: Path, smtp_server: SmtpServerFactory
) -> None:
    script = InTurn({"RCPT": [None, "550 5.1.1 nobody here"]})
    server = smtp_server(script=script)
    settings = settings_of(tmp_path, mail(server.port))
    with House(settings, clock=clock) as house:
        [taken] = letter.send(house, "anna@lakes.org")
        [refused] = letter.send(house, "nobody@lakes.org")
    assert taken.accepted
    assert [phase for phase, _ in taken.answers] == ["MAIL FROM", "RCPT TO", "DATA", "the message"]
    assert all(answer[:1] in "23" for _, answer in taken.answers)
    [mailed] = server.mails
    assert taken.message_id.encode() in mailed.data
    assert b"List-Unsubscribe" not in mailed.data
    assert not refused.accepted
    assert "550 5.1.1 nobody here" in [answer for _, answer in refused.answers]
