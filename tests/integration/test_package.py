"""The package that is installed: everything the rooms hold, and nothing beside."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = Path("notifier", "cli", "demo", "seeds")
ROOMS = ("config", "feeds", "notifier")


def _tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_wheel_holds_the_rooms_with_their_data(tmp_path: Path) -> None:
    """Every module, template, style sheet, taxonomy and migration, and no test."""
    # A copy, since a build leaves its own folders behind.
    source = tmp_path / "source"
    for name in _tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    # What is shown of it is linked, and comes along.
    (source / SEEDS).symlink_to((ROOT / SEEDS).readlink())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("fieldfare-*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    shown = {f"notifier/cli/demo/{name}" for name in _tracked() if name.startswith("seeds/")}
    assert inside == shown | {
        name for name in _tracked() if name.startswith(tuple(f"{room}/" for room in ROOMS))
    }
