"""Every bench, one after the other, each in a process of its own: `make bench`.

`python -m tests.bench publish` runs the named ones alone; `--write` puts what all of them print
into docs/measured.md.
"""

import platform
import re
import subprocess
import sys
from pathlib import Path

BENCHES = (
    "start",
    "text",
    "feeds",
    "html",
    "hostile",
    "ingest",
    "backfill",
    "publish",
    "search",
    "web",
    "render",
    "plan",
    "lists",
    "mail",
    "sending",
)
MEASURED = Path(__file__).parents[2] / "docs" / "measured.md"
_BLOCK = re.compile(r"(?<=<!-- bench -->\n\n```\n).*?(?=```\n\n<!-- end of bench -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """The number of benches that failed; only where none did is anything written."""
    names = [name for name in arguments if name != "--write"] or BENCHES
    printed, failed = [f"Python {platform.python_version()}\n"], 0
    print(*printed, end="", flush=True)
    for name in names:
        command = [sys.executable, "-u", "-m", f"tests.bench.bench_{name}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bench:
            assert bench.stdout is not None
            for line in bench.stdout:
                print(line, end="", flush=True)
                printed.append(line)
        failed += bench.returncode != 0
    if "--write" in arguments and not failed:
        told = MEASURED.read_text("utf-8")
        MEASURED.write_text(_BLOCK.sub(lambda _: "".join(printed), told), "utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
