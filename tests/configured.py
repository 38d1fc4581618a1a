"""Settings as tests give them: a file's text and an environment, loaded or refused."""

from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load


def settings_from(file: Path, text: str, **environ: str) -> Settings:
    """The settings in force where the file says this."""
    file.write_text(text, encoding="utf-8")
    return load(file, environ)


def faults_of(file: Path, text: str, **environ: str) -> list[str]:
    """The faults of a file and an environment, without the file's folder."""
    with pytest.raises(SettingsError) as caught:
        settings_from(file, text, **environ)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return [fault.replace(f"{file.parent}/", "") for fault in caught.value.faults]
