"""Parts that mails need are made of settings, or every fault of those is told."""

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
