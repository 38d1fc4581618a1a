"""In which order tests run, and which of them count lines.

Knows the storeys and the marks. Must never know what a test does.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

#: Their tests wait for servers and for other processes.
WAITING = ("acceptance", "integration", "contract")
_TESTS = Path(__file__).parent
_HOUSE = ("config.", "feeds.", "notifier.")


def counts_lines(item: pytest.Item) -> bool:
    """Whether a test is traced: one of a unit, but for properties, as tracing doubles the time.

    So decisions are covered by tests of their own, not by a server's test that came that way.
    """
    return _storey(item) == "unit" and not any(
        map(item.get_closest_marker, ("hypothesis", "one_python"))
    )


def dealt(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests in the order in which processes take them: one process, or each of several.

    What waits for servers and other processes comes first, so that the cores have the others to do
    meanwhile; at the end stands what is short and waits for nothing. Several processes begin with
    equal shares in a row and take over from the end of another's: each share is ordered so, begins
    at another storey, as those who do the same at once want the same at once, and holds whole
    modules.
    """
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    held = Counter[tuple[int, int]]()
    hand_of: dict[tuple[int, Path], int] = {}
    turns = []
    for item in items:
        stage = _stage(item)
        if (stage, item.path) not in hand_of:
            hand_of[stage, item.path] = min(range(hands), key=lambda hand: held[stage, hand])
        hand = hand_of[stage, item.path]
        held[stage, hand] += 1
        turn = (stage + hand) % len(WAITING) if stage < len(WAITING) else stage
        turns.append((hand, turn, item))
    return [item for *_, item in sorted(turns, key=lambda each: each[:2])]


def _stage(item: pytest.Item) -> int:
    storey = _storey(item)
    if storey in WAITING:
        return WAITING.index(storey)
    # What is asked of one Python alone takes long.
    if item.get_closest_marker("one_python"):
        return len(WAITING)
    return len(WAITING) + (1 if counts_lines(item) else 2)


def _storey(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]


def forget_what_was_made_once() -> None:
    """Empties the caches of the house, so that what fills them runs once more."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_HOUSE):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
