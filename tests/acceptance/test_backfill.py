"""An archive taken in, killed at any point and gone on with: the same result as without."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import Installation, an_installation
from tests.publisher.server import publishing
from tests.publisher.site import Site

STORIES = 300
KILLS = 6
BATCH = 25
#: From the start of the command to well into the pages.
KILL_WITHIN_SECONDS = 1.0
SETTINGS = f"""
[fetch]
private_hosts = "127.0.0.1"
pause_seconds = 0
[ingest]
batch = {BATCH}
"""
BACKFILL = ("ingest", "archive", "--backfill", "--since", "2001")


def installed(folder: Path, url: str) -> Installation:
    source = f'[[sources]]\nname = "archive"\nkind = "web"\nurl = "{url}"\n'
    return an_installation(folder, SETTINGS, source)


def stored(house: Installation, most: int = STORIES) -> list[tuple[Any, ...]]:
    """What every item says, whenever it came."""
    rows = house.report("items", "--limit", str(most + 1))
    names = ("uid", "title", "url", "issued", "language", "topics", "revision")
    return sorted(tuple(map(str, map(row.get, names))) for row in rows)


@pytest.mark.parametrize("path", ["/news", "/sitemap.xml"])
def test_a_killed_backfill_ends_like_one_that_was_not(path: str, tmp_path: Path) -> None:
    """No item is missing, none is there twice, and what was asked for twice is a batch a kill."""
    site = Site(count=STORIES, per_page=50)
    with publishing(site) as publisher:
        whole = installed(tmp_path / "whole", publisher.at(path))
        assert whole.report(*BACKFILL)["added"] == STORIES
        chance = random.Random(20261122)
        killed = installed(tmp_path / "killed", publisher.at(path))
        site.forget_asked()
        for _ in range(KILLS):
            backfill = killed.start(*BACKFILL)
            time.sleep(chance.uniform(0, KILL_WITHIN_SECONDS))
            backfill.kill()
            backfill.communicate()
        killed.report(*BACKFILL)
        asked = [each.target for each in site.asked if each.target[6:].isdigit()]
    assert stored(killed) == stored(whole)
    assert len(asked) <= STORIES + KILLS * BATCH


def test_a_backfill_goes_back_as_far_as_it_is_told(tmp_path: Path) -> None:
    """And what it takes in is no news: it is published, and mailed to nobody."""
    site = Site(count=200, per_page=20)
    middle = site.stories[100].day
    with publishing(site) as publisher:
        house = installed(tmp_path / "house", publisher.at("/news"))
        house.report("ingest", "archive", "--backfill", "--since", middle.isoformat())
    days = [row["issued"] for row in house.report("items", "--limit", "1000")]
    assert min(days) == middle.isoformat()
    assert len(days) == sum(story.day >= middle for story in site.stories)
