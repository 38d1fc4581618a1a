"""Threads of a run share a core while it lasts, and have all of theirs afterwards."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notifier.mail.flow import one_core
from notifier.mail.flow.one_core import core_of_this_thread, kept_on


def test_threads_run_on_the_same_core_and_then_anywhere() -> None:
    usual = os.sched_getaffinity(0)

    @kept_on(core_of_this_thread())
    def meanwhile() -> set[int]:
        return os.sched_getaffinity(0)

    with ThreadPoolExecutor(1) as threads:
        there = threads.submit(meanwhile).result()
        assert there == meanwhile()
        assert len(there) == 1
        assert threads.submit(os.sched_getaffinity, 0).result() == usual
    assert os.sched_getaffinity(0) == usual


def test_where_nobody_tells_the_core_threads_run_as_they_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_core, "_STAT", tmp_path / "none")
    usual = os.sched_getaffinity(0)
    with kept_on(core_of_this_thread()):
        assert os.sched_getaffinity(0) == usual
