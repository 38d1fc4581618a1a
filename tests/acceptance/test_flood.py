"""Ten thousand sign-ups for one victim, to two nodes on one store: few mails, and others go on."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from itertools import chain, islice
from pathlib import Path

import httpx2
import pytest

from tests.command import Installation, a_free_port, an_installation, until
from tests.flood import Form, posted

SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[store]
url = "{store}"
[serve]
port = {port}
[daemon]
node = "{node}"
roles = "digests delivery"
"""
FLOOD = 10_000
#: What defaults.toml says: mails a day to a mailbox; requests an hour of a network.
PER_ADDRESS, PER_NETWORK = 3, 20
#: All of these are delivered to one mailbox by one server or another.
SPELLINGS = ("victim", "Victim", "VIC.tim", "victim+{}", "v.i.c.t.i.m+{}")
#: Each asks less often than a network may, but the last, which asks for the tenth of it all.
NETWORKS, LOUD = 600, "2001:db8:ffff::1"
OTHERS = 20
LINES = 6


def a_node(folder: Path, store: str, name: str) -> tuple[Installation, int]:
    port = a_free_port()
    settings = SETTINGS.format(store=store, port=port, node=name)
    return an_installation(folder / name, settings), port


def asking(token: str, address: str) -> dict[str, str]:
    return {
        "address": address,
        "select": "field=policing",
        "often": "daily",
        "zone": "Europe/Vienna",
        "language": "en",
        "website": "",
        "token": token,
    }


def flood(token: str) -> Iterator[Form]:
    """For one mailbox, in all its spellings."""
    for number in range(FLOOD):
        name = SPELLINGS[number % len(SPELLINGS)].format(number)
        is_loud = number % 10 == 0
        client = LOUD if is_loud else f"2001:db8:{number % NETWORKS:x}::1"
        yield Form(client, asking(token, f"{name}@example.org"))


def others(token: str) -> Iterator[Form]:
    """People who want to subscribe, each from where they are."""
    for number in range(OTHERS):
        yield Form(f"198.51.100.{number}", asking(token, f"reader{number}@example.net"))


def recipients(nodes: list[Installation]) -> Counter[str]:
    """How many mails went to whom, victims by one name."""
    found: Counter[str] = Counter()
    for path in chain.from_iterable(node.mails() for node in nodes):
        address = str(message_from_bytes(path.read_bytes(), policy=default)["to"])
        found["victim" if address.endswith("@example.org") else address] += 1
    return found


def spans(begun: datetime, ended: datetime) -> tuple[int, int]:
    """In how many hours, and days, of the clock something took place: each is counted by itself."""
    hours = {each.replace(minute=0, second=0, microsecond=0) for each in (begun, ended)}
    return len(hours), len({each.date() for each in hours})


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_a_flood_gives_its_victim_a_few_mails_and_keeps_nobody_else_out(
    empty_database_url: str, tmp_path: Path
) -> None:
    (one, port), (two, beside) = (
        a_node(tmp_path, empty_database_url, name) for name in ("one", "two")
    )
    (two.folder / "secret.key").write_bytes((one.folder / "secret.key").read_bytes())
    one.report("migrate")
    ports = [port, beside]
    urls = [f"http://127.0.0.1:{each}" for each in ports]
    with one.running(urls[0]), two.running(urls[1]):
        page = httpx2.get(f"{urls[0]}/subscribe", params={"select": "field=policing"}).text
        [token] = re.findall(r'name="token" value="([^"]+)"', page)
        # Nobody fills in a form in less.
        time.sleep(2.1)
        begun = datetime.now(UTC)
        # Somebody else now and then, as long as it lasts.
        flooding = flood(token)
        mixed = chain.from_iterable(
            (*islice(flooding, FLOOD // OTHERS), person) for person in others(token)
        )
        said = posted(ports, "/subscribe", mixed, LINES)
        hours, days = spans(begun, datetime.now(UTC))
        # Of what came from one network, all but what that may ask was refused.
        heard = FLOOD * 9 // 10 + PER_NETWORK * hours + OTHERS
        assert said == {303: heard, 429: FLOOD + OTHERS - heard}
        until(lambda: len(recipients([one, two])) == OTHERS + 1)
        # What else there was to send would have been by then.
        time.sleep(1)
        mailed = recipients([one, two])
        assert mailed.pop("victim") <= PER_ADDRESS * days
        assert mailed == {f"reader{number}@example.net": 1 for number in range(OTHERS)}
