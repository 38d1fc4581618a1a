"""The tables of `make crash`."""

from tests.crash import KINDS, tables
from tests.toll import Toll, judged
from tests.unruly_smtp import Taken


def test_the_table_adds_up_the_runs_of_a_kind() -> None:
    toll = Toll(killed=3, store_killed=1, open=12)
    toll.met["plans"] += 2
    rows = [{"recipient": "anna@example.org", "state": "accepted", "in_doubt": 0}]
    journal = [Taken("anna@example.org", "<1@example.org>", "the bytes")]
    outcome = judged(journal, rows, ["anna@example.org"], [], silences=0, toll=toll)
    lines = list(tables({KINDS[3]: [outcome, outcome]}))
    assert lines[2] == "| PostgreSQL, killed too | 2 | 2 | 8 | 2 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 24 |"
    assert lines[-1] == "| so often | 4 |"
