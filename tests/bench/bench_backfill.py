"""An archive of many pages by real HTTP, taken in at once, and killed again and again.

Run it with ``python -m tests.bench.bench_backfill [ITEMS] [KILLS]``. The peer asks for the same
pages over one connection and throws them away, which whoever crawls does at least. Both
installations must hold the same in the end.
"""

import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from tests.acceptance.test_backfill import BACKFILL, installed, stored
from tests.command import Installation
from tests.publisher.server import Publisher, publishing
from tests.publisher.site import Site

ITEMS = 2_000
KILLS = 5
PER_PAGE = 50


def crawled_by_peer(publisher: Publisher, site: Site) -> float:
    """Seconds to ask for every page once."""
    started = time.perf_counter()
    with httpx2.Client() as client:
        for story in site.stories:
            client.get(publisher.at(story.path)).raise_for_status()
    return time.perf_counter() - started


def taken_in(house: Installation) -> float:
    """Seconds of a backfill from the start of the command to its end."""
    started = time.perf_counter()
    finished(house)
    return time.perf_counter() - started


def finished(house: Installation) -> None:
    """The backfill has come to its end, however long that takes."""
    backfill = house.start(*BACKFILL)
    _, told = backfill.communicate()
    if backfill.returncode:
        raise SystemExit(told.decode())


def killed_and_finished(house: Installation, seconds: float, kills: int) -> None:
    """The backfill is killed (SIGKILL) at ``kills`` points of its way, then left alone."""
    chance = random.Random(20261122)
    for _ in range(kills):
        backfill = house.start(*BACKFILL)
        time.sleep(chance.uniform(0.5, max(1.0, seconds / kills)))
        backfill.kill()
        backfill.communicate()
    finished(house)


def main(items: int = ITEMS, kills: int = KILLS) -> None:
    site = Site(count=items, per_page=PER_PAGE)
    with TemporaryDirectory(prefix="fieldfare-bench-") as name, publishing(site) as publisher:
        peer = crawled_by_peer(publisher, site)
        whole = installed(Path(name) / "whole", publisher.at("/news"))
        seconds = taken_in(whole)
        killed = installed(Path(name) / "killed", publisher.at("/news"))
        site.forget_asked()
        killed_and_finished(killed, seconds, kills)
        asked = sum(each.target[6:].isdigit() for each in site.asked)
        same = stored(killed, items) == stored(whole, items)
        count = len(stored(whole, items))
    print(f"a backfill of {items:,} items by HTTP, one request at a time")
    speed = f"{items / seconds:>16,.0f}/s"
    print(f"  taken in{speed}{seconds / peer:>8.1f} x the time of the bare requests")
    print(f"  {count:,} items; killed {kills} times: {'the same' if same else 'NOT THE SAME'}")
    print(f"  pages asked for then: {asked:,}, {asked / items:.3f} a page")
    if not same or count != items:
        raise SystemExit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
