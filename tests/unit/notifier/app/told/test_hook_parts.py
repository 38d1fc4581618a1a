"""Settings say who is told of what, and each fault of them is said at once."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.settings import SettingsError
from feeds.taxonomy import Taxonomy
from notifier.app.told.hook_parts import _tell_of_lost, webhooks
from notifier.webhooks import OF_ITEMS, HookEventKind
from tests.configured import settings_from
from tests.own_hub import TOPICS

SECRET = f"whsec_{'c2VjcmV0' * 4}"
TABLE = '[[webhooks]]\nname = "{}"\nurl = "https://{}.example.org/in"\nsecret_path = "{}"\n'


def test_a_table_is_a_receiver(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"{SECRET}\n{SECRET}\n")
    more = 'events = "item.added  incident.ended"\nquery = "field=policing"\n'
    [site, office] = webhooks(
        settings_from(
            tmp_path / "fieldfare.toml",
            TABLE.format("site", "a", "a") + TABLE.format("b", "b", "a") + more,
        )
    )
    assert (site.events, site.selection.query, len(site.keys)) == (OF_ITEMS, "", 2)
    assert office.events == {HookEventKind.ADDED, HookEventKind.ENDED}
    assert office.selection.query == "field=policing"
    assert "c2VjcmV0" not in repr(site)
    assert "secret" not in repr(site)


def test_every_fault_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd").write_text("secret")
    (tmp_path / "good").write_text(SECRET)
    text = TABLE.format("a", "a", "missing") + TABLE.format("b", "b", "odd")
    text += TABLE.format("c", "c", "good") + 'query = "field"\n'
    with pytest.raises(SettingsError) as raised:
        webhooks(settings_from(tmp_path / "fieldfare.toml", text))
    missing, odd, query = raised.value.faults
    assert missing.startswith("[[webhooks]] a: secret_path = ")
    assert missing.endswith("no secret can be read: No such file or directory")
    assert odd.endswith("no secret can be read: a secret begins with whsec_")
    assert query.startswith("[[webhooks]] c: query = 'field': ")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('url = "http://hooks.example.org/"', "must be an https address"),
        ('url = "https://me:pass@hooks.example.org/"', "must be an https address"),
        ('url = "https://hooks.example.org/"\nevents = "item.sold"', "must be some of item.added"),
        ('url = "https://hooks.example.org/"\nevents = ""', "must be some of item.added"),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    text = f'[[webhooks]]\nname = "a"\nsecret_path = "a"\n{line}\n'
    with pytest.raises(SettingsError, match=fault):
        settings_from(tmp_path / "fieldfare.toml", text)


def test_a_receiver_of_this_machine_needs_no_tls(tmp_path: Path) -> None:
    text = '[[webhooks]]\nname = "a"\nsecret_path = "a"\nurl = "http://127.0.0.1:9000/in?a=b"\n'
    assert (
        settings_from(tmp_path / "fieldfare.toml", text).webhooks[0].url
        == "http://127.0.0.1:9000/in?a=b"
    )


def test_one_that_asks_for_a_topic_that_is_none_is_told_of_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(SECRET)
    queries = "field=policing&field=gone"
    text = TABLE.format("a", "a", "a") + f'query = "{queries}"\n'
    with capture_logs() as logs:
        _tell_of_lost(
            webhooks(settings_from(tmp_path / "fieldfare.toml", text)), Taxonomy.from_toml(TOPICS)
        )
    assert [line["event"] for line in logs] == ["webhook asks for what is not"]
