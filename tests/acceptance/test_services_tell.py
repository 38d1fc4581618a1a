"""A service that sends our mails tells the daemon what came back, by what its mails carry."""

import json
import re
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import httpx2

from tests.command import SEEDS, a_free_port, an_installation
from tests.conftest import SmtpServerFactory
from tests.webhooks import (
    MAILGUN_KEY,
    PASSWORD,
    SENDGRID_KEY,
    TOPIC,
    Webhook,
    bounce,
    notified,
    webhook,
)

SETTINGS = f"""\
[site]
url = "https://news.test-of-ours.org"
[mail]
transport = "smtp"
from_address = "digest@news.test-of-ours.org"
[mail.smtp]
port = %d
security = "none"
[returns.services]
postmark_password = "{PASSWORD}"
ses_topic = "{TOPIC}"
mailgun_key = "{MAILGUN_KEY}"
sendgrid_key = "{SENDGRID_KEY}"
[serve]
port = %d
"""
READERS = ("postmark", "mailgun", "sendgrid", "forged")


def test_what_a_service_tells_of_a_mail_it_sent_is_heeded(
    tmp_path: Path, smtp_server: SmtpServerFactory
) -> None:
    server, port = smtp_server(), a_free_port()
    made = an_installation(tmp_path / "house", SETTINGS % (server.port, port))
    for name in READERS:
        made.call("subscribe", f"{name}@example.org", "--topic", "issuer:secretariat")
    made.report("ingest", str(SEEDS))
    made.report("digest", "--now", "2100-01-01T12:00:00Z")
    tokens = {}
    for mail in server.mails:
        fields = message_from_bytes(mail.data)
        names = ("X-PM-Metadata-delivery", "X-Mailgun-Variables", "X-SMTPAPI")
        named = {re.findall(r"\d+\.[a-z2-7]{16}", str(fields[name]))[0] for name in names}
        assert named == {str(fields["X-Fieldfare-Delivery"])}
        [tokens[mail.recipients[0].partition("@")[0]]] = named
    shown = made.report("config")["returns"]["services"]
    assert (shown["postmark_password"], shown["mailgun_key"]) == ("***", "***")

    url, now = f"http://127.0.0.1:{port}", datetime.now(UTC)

    def told(one: Webhook) -> int:
        place = f"{url}/returns/{one.service}"
        return httpx2.post(place, content=one.body, headers=dict(one.headers)).status_code

    with made.running(url):
        for service in ("postmark", "mailgun", "sendgrid"):
            one = webhook(service, now, bounce(service, tokens[service]))
            assert [told(one), told(one)] == [200, 200]
        forged = webhook("mailgun", now, bounce("mailgun", tokens["forged"]), name="other")
        assert told(Webhook("mailgun", forged.body.replace(b"other", b"third"), {})) == 403
        other = notified({}, now, TopicArn=f"{TOPIC}-of-another")
        assert told(Webhook("ses", json.dumps(other).encode(), {})) == 403
        metrics = httpx2.get(f"{url}/metrics").text
        assert 'fieldfare_returned_by_way{way="mailgun"} 1' in metrics
        assert httpx2.get(f"{url}/returns/mailgun").status_code == 405
    came = {row["way"]: row["consequence"] for row in made.report("returns")}
    assert came == dict.fromkeys(("postmark", "mailgun", "sendgrid"), "suppress")
    assert {row["address"] for row in made.report("suppressions")} == {
        f"{service}@example.org" for service in came
    }
    assert made.report("status")["returned_by"] == dict.fromkeys(came, 1)
