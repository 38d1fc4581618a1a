"""Several nodes on one store, each with a part of the work: others go on with what one made."""

import time
from pathlib import Path

import pytest

from tests.command import SEEDS, Installation, a_free_port, an_installation, until

SETTINGS = """\
[site]
url = "http://127.0.0.1:8025"
[store]
url = "{store}"
[serve]
port = {port}
[daemon]
node = "{node}"
roles = "{roles}"
ingest_seconds = 1
digests_seconds = 3600
delivery_seconds = 3600
[[sources]]
name = "inbox"
path = "inbox"
settle_seconds = 0
"""


def a_node(folder: Path, store: str, name: str, roles: str, port: int) -> Installation:
    settings = SETTINGS.format(store=store, port=port, node=name, roles=roles)
    return an_installation(folder / name, settings)


def drop(house: Installation, seed: Path) -> None:
    beside = house.folder / "inbox" / ".new"
    beside.write_bytes(seed.read_bytes())
    beside.rename(house.folder / "inbox" / seed.name)


def publish_and_mail(taking_in: Installation, sending: Installation) -> None:
    """Of what is published a mail tells, though nobody looks by themselves within an hour."""
    drop(taking_in, SEEDS / "000_17fbf7fc0acc265a.txt")
    feed = taking_in.folder / "public" / "feeds" / "fields" / "policing.atom"
    until(lambda: feed.exists() and b"<entry" in feed.read_bytes())
    until(sending.mails)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_one_node_publishes_another_mails_at_once(
    empty_database_url: str, tmp_path: Path
) -> None:
    ports = [a_free_port() for _ in range(2)]
    store = empty_database_url
    news = a_node(tmp_path, store, "news", "ingest publish", ports[0])
    mail = a_node(tmp_path, store, "mail", "digests delivery", ports[1])
    (mail.folder / "secret.key").write_bytes((news.folder / "secret.key").read_bytes())
    news.report("migrate")
    news.report(
        "subscribe", "dan@example.org", "--topic", "field:policing", "--frequency", "immediate"
    )
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with news.running(urls[0]), mail.running(urls[1]):
        until(lambda: len(news.report("status")["nodes"]) == 2)
        assert [(each["name"], each["is_alive"]) for each in news.report("status")["nodes"]] == [
            ("mail", True),
            ("news", True),
        ]
        # They listen once they ran for a moment.
        time.sleep(2)
        publish_and_mail(news, mail)
    assert news.mails() == []


def test_what_is_published_is_mailed_at_once_by_the_same_daemon(tmp_path: Path) -> None:
    port = a_free_port()
    store = f"sqlite:///{tmp_path / 'store.db'}"
    house = a_node(tmp_path, store, "one", "ingest publish digests delivery", port)
    house.report(
        "subscribe", "dan@example.org", "--topic", "field:policing", "--frequency", "immediate"
    )
    with house.running(f"http://127.0.0.1:{port}"):
        time.sleep(2)
        publish_and_mail(house, house)
