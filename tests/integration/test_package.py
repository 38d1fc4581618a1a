"""The package that is installed: everything the rooms hold, and nothing beside."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEEDS = Path("notifier", "cli", "demo", "seeds")
UV = Path(sys.executable).with_name("uv")
ROOMS = ("config", "feeds", "notifier")


def _tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of the source package, as whoever has no clone does; from a copy, since a build leaves
    its own folders behind.
    """
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    for name in _tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    # What is shown of it is linked, and comes along.
    (source / SEEDS).symlink_to((ROOT / SEEDS).readlink())
    build = "from setuptools import build_meta; build_meta.build_{}('{}')"
    _run(sys.executable, "-c", build.format("sdist", folder), at=source)
    (packed,) = folder.glob("fieldfare-*.tar.gz")
    shutil.unpack_archive(packed, folder, filter="data")
    unpacked = folder / packed.name.removesuffix(".tar.gz")
    _run(sys.executable, "-c", build.format("wheel", folder), at=unpacked)
    (made,) = folder.glob("fieldfare-*.whl")
    return made


def _run(*command: str | Path, at: Path) -> str:
    """What it said, done in that folder."""
    return subprocess.run(command, cwd=at, check=True, capture_output=True, text=True).stdout


def test_wheel_holds_the_rooms_with_their_data(wheel: Path) -> None:
    """Every module, template, style sheet, taxonomy and migration, and no test."""
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    shown = {f"notifier/cli/demo/{name}" for name in _tracked() if name.startswith("seeds/")}
    assert inside == shown | {
        name for name in _tracked() if name.startswith(tuple(f"{room}/" for room in ROOMS))
    }


def test_what_is_installed_works_without_a_clone(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own; what it uses is that of the tests."""
    _run(sys.executable, "-m", "venv", "--without-pip", tmp_path, at=tmp_path)
    python = tmp_path / "bin" / "python"
    _run(UV, "pip", "install", "--offline", "--no-deps", "--python", python, wheel, at=tmp_path)
    (own,) = tmp_path.glob("lib/*/site-packages")
    (own / "used.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    program, seeds = tmp_path / "bin" / "fieldfare", sorted((own / SEEDS).iterdir())
    assert _run(program, "parse", *seeds, at=tmp_path).count("News Item") == 2
    shown = "from notifier.cli.demo import demonstration; print(demonstration)"
    assert str(own) in _run(python, "-c", shown, at=tmp_path)
