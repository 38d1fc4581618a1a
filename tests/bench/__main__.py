"""Every bench, one after the other, each in a process of its own: `make bench`.

`python -m tests.bench publish` runs the named ones alone.
"""

import subprocess
import sys

BENCHES = ("start", "text", "feeds", "html", "hostile", "ingest", "backfill", "publish", "mail")


def main(names: list[str]) -> int:
    """The number of benches that failed."""
    return sum(
        subprocess.run([sys.executable, "-m", f"tests.bench.bench_{name}"], check=False).returncode
        != 0
        for name in names or BENCHES
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
