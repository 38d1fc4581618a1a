"""Digests killed at random moments before a mail server that has a bad day: `make crash`, short."""

from pathlib import Path

import pytest

from tests import crash, services

READERS = 150


@pytest.mark.parametrize(("engine", "nodes", "kills_store"), [crash.KINDS[0], crash.STORE_KILLED])
def test_nothing_is_lost_and_only_what_was_in_doubt_comes_twice(
    engine: str,
    nodes: int,
    kills_store: bool,
    tmp_path: Path,
    postgres_that_keeps: services.Postgres,
) -> None:
    with crash.a_store(engine, tmp_path, postgres_that_keeps) as store:
        outcome = crash.run(
            store, tmp_path, seed=nodes, readers=READERS, nodes=nodes, kills_store=kills_store
        )
    assert outcome.problems == []
    assert outcome.accepted + outcome.held + outcome.refused >= READERS
