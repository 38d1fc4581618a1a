"""Digests killed at random moments before a mail server that has a bad day: `make crash`, short."""

from pathlib import Path

import pytest

from tests import crash, services

READERS = 150


@pytest.mark.parametrize("kind", crash.KINDS, ids=lambda kind: f"{kind}, {kind.nodes} nodes")
def test_nothing_is_lost_and_only_what_was_in_doubt_comes_twice(
    kind: crash.Kind, tmp_path: Path, postgres_that_keeps: services.Postgres
) -> None:
    seed = crash.KINDS.index(kind)
    with crash.a_store(kind, tmp_path, postgres_that_keeps) as store:
        outcome = crash.run(store, tmp_path, kind, seed=seed, readers=READERS)
    assert outcome.problems == []
    assert outcome.kills
