"""What documents cost whose places are filled with one string: the dearest, beside their limit.

Run it with ``python -m tests.bench.bench_pumps [SIZE [SLOT]]``. Each place is tried in a process
of its own, with 10 seconds for each string.
"""

import importlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from feeds.draft import Habits, Parsed
from feeds.identity.candidates import candidates
from feeds.ingest.worker import EVERYTHING
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.pumps import PUMPS, SLOTS, filled

ROOT = Path(__file__).parents[2]
SIZE = 100_000
#: Two seconds for two megabytes.
SECONDS_A_BYTE = 2 / 2_000_000
_MOST_SECONDS = 10
#: What a document takes whatever its size is not asked of the places.
_FREE_SECONDS = 0.1
_RECORD_BYTES = 200


def seconds(slot: str, pump: str, size: int, taxonomy: Taxonomy) -> float:
    """Of computing time, until the document's drafts may be judged."""
    made = filled(slot, pump, size)
    started = time.process_time()
    understood = understand(made.document, taxonomy, Habits(form=made.form))
    if isinstance(understood, Parsed):
        candidates(made.document, understood, "digest", taxonomy)
    return time.process_time() - started


def measured(slot: str, size: int, taxonomy: Taxonomy) -> Iterator[tuple[float, str]]:
    """What each string costs in one place."""
    left = list(PUMPS)
    while left:
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            for pump in left:
                signal.setitimer(signal.ITIMER_PROF, _MOST_SECONDS)
                try:
                    took = seconds(slot, pump, size, taxonomy)
                except Exception as error:  # noqa: BLE001 - a fault is as dear as can be
                    took = float("inf")
                    print(f"  {slot} of {pump!r}: {error!r}"[:200], flush=True)
                os.write(writing, pickle.dumps((took, pump)).ljust(_RECORD_BYTES))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            while said := told.read(_RECORD_BYTES):
                yield pickle.loads(said)
                del left[0]
        os.waitpid(pid, 0)
        if left:
            yield _MOST_SECONDS, left.pop(0)


def main(size: int = SIZE, chosen: str = "") -> int:
    """How many cost more than is allowed."""
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    for name in EVERYTHING:
        importlib.import_module(name)
    # What is loaded with the first of its form is not charged to any.
    for slot in SLOTS:
        seconds(slot, "a ", 1_000, taxonomy)
    allowed = _FREE_SECONDS + size * SECONDS_A_BYTE
    dear = 0
    for slot in SLOTS:
        if chosen not in slot:
            continue
        costs = sorted(measured(slot, size, taxonomy), reverse=True)
        dear += sum(cost > allowed for cost, _ in costs)
        dearest = [f"{pump!r} {cost / allowed:.0%}" for cost, pump in costs[:6]]
        shown = ", ".join(dearest if costs[0][0] > allowed else dearest[:1])
        print(f"  {slot:<28}{costs[0][0]:>7.2f} s  {shown}", flush=True)
    return dear


if __name__ == "__main__":
    size, *slots = sys.argv[1:] or [str(SIZE)]
    sys.exit(min(main(int(size), *slots[:1]), 1))
