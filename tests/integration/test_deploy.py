"""What `deploy/` installs the program with: systemd finds no fault, and settings are settings."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from config.layers import from_environment
from config.settings import load
from tests.services import program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
#: systemd's own scale of what a service could do to others, in tenths: 0 is nothing, 100 all.
MOST_EXPOSED = 15


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, whose program is one that is there."""
    text = (DEPLOY / "fieldfare.service").read_text("utf-8")
    unit = tmp_path / "fieldfare.service"
    unit.write_text(re.sub(r"(?<=^ExecStart)(Pre)?=\S+", r"\1=/bin/true", text, flags=re.MULTILINE))
    return unit


@pytest.mark.parametrize(
    "look", [["verify"], ["security", "--offline=true", f"--threshold={MOST_EXPOSED}"]]
)
def test_systemd_finds_no_fault_with_the_unit(unit: Path, look: list[str]) -> None:
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run([analyze, *look, unit], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-80:]


def test_the_settings_of_a_package_are_settings(tmp_path: Path) -> None:
    text = (DEPLOY / "fieldfare.toml").read_text("utf-8")
    (tmp_path / "secret.key").write_text("x" * 40)
    file = tmp_path / "fieldfare.toml"
    file.write_text(text.replace("/etc/fieldfare/", f"{tmp_path}/"))
    kept = load(file, {})
    folder = Path("/var/lib/fieldfare")
    assert kept.store.url == f"sqlite:///{folder}/fieldfare.db"
    assert kept.publish.directory == folder / "public"
    assert kept.mail.maildir == folder / "mail"
    assert kept.sources[0].path == folder / "inbox"


def test_the_secret_of_a_package_is_its_users_alone(tmp_path: Path) -> None:
    """A web server that is in the group to read what is published would read it, too."""
    for name in ("systemd-sysusers", "chgrp"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    said = (DEPLOY / "postinst").read_text("utf-8")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/fieldfare.toml").touch()
    for there, here in (
        ("/etc/fieldfare", f"{tmp_path}/etc"),
        ("/var/lib/fieldfare", f"{tmp_path}/var"),
        ("--owner=fieldfare --group=fieldfare", ""),
        ("/run/systemd/system", f"{tmp_path}/none"),
    ):
        assert there in said
        said = said.replace(there, here)
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["sh", "-c", said, "postinst", "configure"], env={"PATH": path}, check=True)
    secret = tmp_path / "etc/secret.key"
    assert secret.stat().st_mode & 0o777 == 0o400
    assert len(secret.read_text()) == 43


def test_what_comes_by_the_environment_is_a_setting() -> None:
    papers = [*DEPLOY.iterdir(), ROOT / "docs" / "install.md"]
    named = {
        name
        for paper in papers
        for name in re.findall(r"\bFIELDFARE_\w+", paper.read_text("utf-8"))
    }
    faults: list[str] = []
    from_environment(dict.fromkeys(named, "1"), faults)
    assert len(named) > 8
    assert faults == []


def test_the_image_is_of_files_that_are_there() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", "")
    copied = [
        name
        for names in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE)
        for name in names.split()
    ]
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    wanted = {f"!{name}" for name in copied}
    assert wanted == set(re.findall("^!.*", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    (check,) = re.findall(r"HEALTHCHECK.* CMD\s+(.*)", text)
    compile(json.loads(check)[2], "HEALTHCHECK", "exec")
