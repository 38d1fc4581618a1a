"""The tokens programs ask with: each in a file of its own, every fault told at once."""

from pathlib import Path

import pytest

from config.settings import SettingsError
from notifier.app.web_parts import tokens
from tests.configured import settings_from

GOOD = "t" * 32


def settings_of(folder: Path, **files: str | bytes | None) -> str:
    """A source that is pushed to for each file, which holds this or is not there."""
    tables = []
    for name, held in files.items():
        if held is not None:
            (folder / name).write_bytes(held if isinstance(held, bytes) else held.encode())
        tables.append(f'[[sources]]\nname = "{name}"\nkind = "push"\ntoken_path = "{name}"\n')
    return "\n".join(tables)


def test_a_token_is_what_its_file_holds_without_the_line_s_end(tmp_path: Path) -> None:
    text = settings_of(tmp_path, one=f"{GOOD}\n", other="u" * 40)
    found = tokens(settings_from(tmp_path / "f.toml", text))
    told = {token: (each.table, each.name, *each.scopes) for token, each in found.items()}
    assert told == {
        GOOD: ("sources", "one", "items:push"),
        "u" * 40: ("sources", "other", "items:push"),
    }


def test_a_client_has_one_too_and_it_says_what_for(tmp_path: Path) -> None:
    (tmp_path / "site").write_text(GOOD)
    (tmp_path / "office").write_text("v" * 32)
    text = (
        '[[clients]]\nname = "site"\ntoken_path = "site"\nscopes = "subscribers:ask"\n'
        '[[clients]]\nname = "office"\n'
        'token_path = "office"\nscopes = "subscribers:read  items:write"\n'
    )
    found = tokens(settings_from(tmp_path / "f.toml", text))
    assert {each.name: each.scopes for each in found.values()} == {
        "site": {"subscribers:ask"},
        "office": {"subscribers:read", "items:write"},
    }


@pytest.mark.parametrize("scopes", ["", " ", "subscribers", "items:push", "items:read,items:write"])
def test_a_client_is_given_scopes_that_there_are(tmp_path: Path, scopes: str) -> None:
    """That of a source that is pushed to is none of theirs."""
    text = f'[[clients]]\nname = "site"\ntoken_path = "one"\nscopes = "{scopes}"\n'
    with pytest.raises(SettingsError, match=r"scopes.* must be some of status:read, "):
        settings_from(tmp_path / "f.toml", text)


def test_a_source_and_a_client_never_have_one_token(tmp_path: Path) -> None:
    text = settings_of(tmp_path, one=GOOD)
    text += '[[clients]]\nname = "site"\ntoken_path = "one"\nscopes = "status:read"\n'
    with pytest.raises(SettingsError, match=r"\[\[clients\]\] site: .* another has this one"):
        tokens(settings_from(tmp_path / "f.toml", text))


def test_every_fault_of_a_token_is_told_with_its_source_and_file(tmp_path: Path) -> None:
    """And never the token itself."""
    text = settings_of(tmp_path, a=GOOD, b=GOOD, c="short", d=None, e=b"\xff" * 40)
    with pytest.raises(SettingsError) as caught:
        tokens(settings_from(tmp_path / "f.toml", text))
    said = [fault.replace(f"{tmp_path}/", "") for fault in caught.value.faults]
    theirs = "must hold a token of its own, and another has this one"
    assert said == [
        f"[[sources]] b: token_path = b: {theirs}",
        "[[sources]] c: token_path = c: must hold a token of at least 32 characters",
        "[[sources]] d: token_path = d: cannot be read: No such file or directory",
        "[[sources]] e: token_path = e: cannot be read: it is no text",
    ]
