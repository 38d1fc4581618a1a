"""The tutorial's own commands, one after the other, as a newcomer types them."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.command import PATIENCE_SECONDS
from tests.transcript import steps


def environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("FIELDFARE_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C"}


def test_the_commands_of_the_tutorial_do_what_they_say(tmp_path: Path) -> None:
    commands = "".join(step.commands for step in steps("start.md"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    for line in (
        "wrote water/taxonomy.toml",
        'slug = "fish"',
        "taxonomy.toml is sound",
        "1 added",
        "Subject: 1 new item: Drinking water",
        "warning  mail",
        "accepted",
    ):
        assert line in said, said
    assert "wrong " not in said
    page = (tmp_path / "water/public/feeds/fields/drinking-water/index.html").read_text()
    assert "The northern district has water again" in page
    assert "Subjects" in (tmp_path / "water/public/index.html").read_text()


def test_what_is_not_told_is_asked_on_a_terminal(tmp_path: Path) -> None:
    """Enter takes the default; what cannot be is asked again."""
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        ["fieldfare", "init", "lakes", "--url", "https://lakes.org", "--field", "Fish"],
        cwd=tmp_path,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, b"The Lakes\nde\nMars\nEurope/Vienna\nnews@lakes.org\n")
    said = b""
    while b"fieldfare run" not in said and (more := os.read(ours, 1024)):
        said += more
    assert asked.wait(PATIENCE_SECONDS) == 0
    os.close(ours)
    assert b"'Mars' must be an IANA time zone" in said
    settings = (tmp_path / "lakes/fieldfare.toml").read_text()
    for line in (
        'organisation = "The Lakes"',
        'timezone = "Europe/Vienna"',
        'authority = "lakes.org"',
    ):
        assert line in settings
    assert settings.count('\nlanguage = "de"\n') == 2
    taxonomy = (tmp_path / "lakes/taxonomy.toml").read_text()
    assert 'label = "Fish"' in taxonomy
    assert '[kinds.field]\nname = "Sachgebiet"\nplural = "Sachgebiete"\n' in taxonomy


def test_a_taxonomy_that_is_wrong_is_told_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[[field]]\nslug = "a"\nlabel = "A"\nparent = "b"\n')
    (tmp_path / "odd.toml").write_text('[[field]]\nslug = "a"\nlabel = "A"\nlabels.xx = "A"\n')
    told = {}
    for name in ("bad", "odd"):
        done = subprocess.run(
            ["fieldfare", "taxonomy", "check", f"{name}.toml"],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        told[name] = (done.returncode, done.stdout)
    assert told["bad"] == (1, "bad.toml:1: field:a has an unknown parent, field:b\n")
    said = "odd.toml:4: 'xx' is no language: there is no 'xx' (a warning)\n"
    assert told["odd"] == (0, said)
