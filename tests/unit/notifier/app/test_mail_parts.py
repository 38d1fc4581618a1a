"""Parts that mails need are made of settings, or every fault of those is told."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from config.settings import SettingsError, load
from notifier.app import mail_parts


def test_every_fault_of_a_template_of_mails_is_told(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    file = tmp_path / "fieldfare.toml"
    file.write_text('[mail]\ntemplates = "mails"\n')
    assert mail_parts.templates(load(file, {})) == tmp_path / "mails"
    for name in ("item.txt", "more.txt"):
        (tmp_path / "mails" / name).write_text("{{ nobody }}")
    with pytest.raises(SettingsError) as caught:
        mail_parts.templates(load(file, {}))
    assert [fault.partition(", line 1: ")[0] for fault in caught.value.faults] == [
        f"mail.templates: {tmp_path / 'mails' / name}" for name in ("item.txt", "more.txt")
    ]


def test_none_of_ones_own_are_none() -> None:
    assert mail_parts.templates(load(None, {})) is None


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[site]\nurl = 'https://news.un.org'\n[mail]\nfrom_address = 'a@news.un.org'\n", []),
        ("[mail]\nfrom_address = 'a@news.un.org'\n", ["site.url"]),
        ("[site]\nurl = 'https://news.un.org'\n[mail]\n", ["mail.from_address"]),
        ("[mail]\n", ["site.url", "mail.from_address"]),
    ],
)
def test_the_world_is_sent_no_mail_of_nobody_with_links_to_nowhere(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    file = tmp_path / "fieldfare.toml"
    file.write_text(f"secret = '{'s' * 32}'\n{text}transport = 'smtp'\n")
    with pytest.raises(SettingsError) if faults else nullcontext() as caught:
        mail_parts.transport(load(file, {}))
    told = caught.value.faults if caught else ()
    assert [fault.partition(" =")[0] for fault in told] == faults
    assert all("maildir" in fault for fault in told)


def test_a_folder_takes_any_mail() -> None:
    assert mail_parts.transport(load(None, {})).name
