"""No place of any form holds its parser, whatever fills it: a sample of what a bench tries."""

import gc
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from feeds.draft import Habits, Parsed
from feeds.identity.candidates import candidates
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.pumps import PUMPS, SLOTS, filled

SIZE = 30_000
SECONDS = 0.8
#: What once took seconds, or minutes at larger sizes.
KNOWN = [
    ("feed: internal subset", "<!--"),
    ("feed: before the feed", "\n"),
    ("header: charset of a page", " "),
    ("page: paragraph", "«"),
    ("page: between", "&"),
    ("text: dateline", "«"),
    ("text: body", "1 May 2025 "),
    ("push: html", "&"),
]
SAMPLE = [
    (slot, pump)
    for number, slot in enumerate(SLOTS)
    for pump in islice(PUMPS, number % 61, None, 61)
]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What the tests before left is not looked through while time is taken."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(("slot", "pump"), [*KNOWN, *SAMPLE])
def test_a_place_filled_with_one_string_takes_no_time(slot: str, pump: str, osce: Taxonomy) -> None:
    made, first = (filled(slot, pump, size) for size in (SIZE, 2_000))
    # What is loaded with the first of a kind is not charged to it.
    understand(first.document, osce, Habits(form=first.form))
    started = time.process_time()
    understood = understand(made.document, osce, Habits(form=made.form))
    if isinstance(understood, Parsed):
        candidates(made.document, understood, "digest", osce)
    assert time.process_time() - started < SECONDS
