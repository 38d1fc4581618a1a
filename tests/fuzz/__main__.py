"""The parsers against coverage-guided noise: `make fuzz`.

`python -m tests.fuzz [FAMILY] [libFuzzer options]` fuzzes one family of forms (text, html, feed,
sitemap), or without a name every one for a minute, from the labelled corpus on. A crash, a
document that takes 10 seconds or 1 GB, or a draft that breaks a promise ends it with the input.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import atheris

# Every family: what is loaded only when a document comes would tell nothing of its coverage.
with atheris.instrument_imports(include=["feeds"]):
    from feeds.parse import html, push, sitemap, syndication, text  # noqa: F401
    from feeds.parse.recognise import Family
    from tests.fuzz.promises import check

ROOT = Path(__file__).parents[2]
_LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=20000")
_SECONDS_EACH = 60


def main(arguments: Sequence[str]) -> int:
    """How many families failed."""
    if arguments and not arguments[0].startswith("-"):
        _fuzz(Family(arguments[0]), arguments[1:])
        return 0
    return sum(_in_a_process(family, arguments) for family in Family)


def _fuzz(family: Family, options: Sequence[str]) -> None:
    """Never comes back: libFuzzer ends the process."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-fuzz-") as found:
        seeds = [str(folder) for folder in _seeds()]
        # What is loaded with the first of a kind is not charged to it.
        for document in (
            path for folder in _seeds() for path in sorted(folder.glob("*.[th]*"))[:5]
        ):
            check(document.read_bytes(), family)
        atheris.Setup(
            [sys.argv[0], *_LIMITS, *options, found, *seeds], lambda data: check(data, family)
        )
        atheris.Fuzz()


def _in_a_process(family: Family, options: Sequence[str]) -> bool:
    print(f"fuzzing {family}", flush=True)
    time = f"-max_total_time={_SECONDS_EACH}"
    command = [sys.executable, "-m", "tests.fuzz", family, time, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode != 0


def _seeds() -> list[Path]:
    corpus = ROOT / "tests" / "corpus"
    return [ROOT / "seeds", *(folder for folder in sorted(corpus.iterdir()) if folder.is_dir())]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
