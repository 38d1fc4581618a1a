"""Workers: what one document does to its process harms no other, and nobody waits for ever."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import pytest

from feeds.draft import Document, Habits, Parsed, Refused
from feeds.errors import SourceError
from feeds.ingest.read import ReaderHere
from feeds.ingest.worker import DocumentLimits
from feeds.ingest.workers import Workers
from feeds.model import Label, TopicKind
from feeds.taxonomy import Taxonomy
from tests import hostile_parser
from tests.command import SEEDS, until

LIMITS = DocumentLimits(seconds=1, patience=6, megabytes=500)
TEXTS = [
    path.read_bytes().replace(b"cybercrime", f"crime {number}".encode())
    for number in range(4)
    for path in sorted(SEEDS.glob("*.txt"))
]
AN_ITEM = TEXTS[0]


def document(body: bytes, name: str = "a.txt") -> Document:
    return Document(source="office", name=name, body=body)


def asked(*bodies: bytes) -> list[tuple[Document, Habits]]:
    return [(document(body, f"{number}.txt"), Habits()) for number, body in enumerate(bodies)]


@pytest.fixture
def harmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Workers with a parser that documents do harm to."""
    environment = hostile_parser.install(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    with closing(Workers(limits=LIMITS, count=2)) as workers:
        yield workers


def test_documents_are_understood_as_in_this_process(osce: Taxonomy) -> None:
    """The same results in the same order, whatever the number of workers."""
    many = asked(*(body + str(number).encode() for number in range(8) for body in TEXTS))
    here = [*ReaderHere().understand(many, osce)]
    for count in (1, 3):
        with closing(Workers(count=count)) as workers:
            assert [*workers.understand(many, osce)] == here
            assert [*workers.understand(many[:1], osce)] == here[:1]
            assert [*workers.understand([], osce)] == []


def test_a_taxonomy_that_changed_is_used_at_once(osce: Taxonomy) -> None:
    with closing(Workers(count=1)) as workers:
        for number in range(12):
            name = f"The Office of Nowhere {number % 6}"
            label = Label(kind=TopicKind.ISSUER, text=name, slug="secretariat")
            other = osce.known_as([label])
            many = asked(AN_ITEM.replace(b"OSCE Secretariat", name.encode()))
            assert [*workers.understand(many, other)] == [*ReaderHere().understand(many, other)]


@pytest.mark.parametrize("words", hostile_parser.HARM)
def test_harm_is_done_to_one_document_alone(words: str, harmed: Workers, osce: Taxonomy) -> None:
    many = asked(*TEXTS[:5], words.encode(), *TEXTS[5:8])
    found = [*harmed.understand(many, osce)]
    refused = found.pop(5)
    assert isinstance(refused, Refused)
    assert refused.reason == hostile_parser.HARM[words][1], str(refused)
    assert refused.evidence
    del many[5]
    assert found == [*ReaderHere().understand(many, osce)]


def test_a_refusal_tells_what_the_document_used(harmed: Workers, osce: Taxonomy) -> None:
    said = ["HOLDS THE INTERPRETER", "EATS MEMORY", "CRASHES"]
    # Others compute as well: by the clock, any of that may take long.
    with closing(Workers(limits=replace(LIMITS, patience=60), count=2)) as patient:
        found = patient.understand(asked(*(words.encode() for words in said)), osce)
        told = [str(refused) for refused in found]
    assert "more than 1 seconds of computing time" in told[0]
    assert "more than 500 MB of memory" in told[1]
    assert "SIGSEGV" in told[2]
    (slept,) = harmed.understand(asked(b"SLEEPS"), osce)
    assert "more than 6 seconds" in str(slept)


def test_a_worker_that_was_ended_by_accident_is_no_fault_of_the_document(
    harmed: Workers, osce: Taxonomy
) -> None:
    """Whoever runs short of memory ends any process."""
    (first,) = harmed.understand(asked(AN_ITEM), osce)
    assert isinstance(first, Parsed)
    killed = set(_workers())
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    while not killed.isdisjoint(_workers()):
        time.sleep(0.01)  # two that ended unseen would be two ends of one document
    (second,) = harmed.understand(asked(AN_ITEM), osce)
    assert second == first


def test_processes_that_were_ended_all_are_started_again(harmed: Workers, osce: Taxonomy) -> None:
    (first,) = harmed.understand(asked(AN_ITEM), osce)
    for pid in _firsts():
        os.killpg(pid, signal.SIGKILL)
    assert [*harmed.understand(asked(AN_ITEM), osce)] == [first]


def test_where_no_process_works_the_document_is_not_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, osce: Taxonomy
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(1)", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(Workers(count=1)) as workers, pytest.raises(SourceError, match="workers fail"):
        list(workers.understand(asked(AN_ITEM), osce))


def test_who_is_stopping_does_not_wait_for_a_document(harmed: Workers, osce: Taxonomy) -> None:
    """What was understood by then is told, the rest is left for another time."""
    stopping = Event()
    Timer(0.5, stopping.set).start()
    started = time.monotonic()
    slow = Workers(limits=DocumentLimits(seconds=600), count=1)
    with closing(slow):
        found = [*slow.understand(asked(AN_ITEM, b"SLEEPS", AN_ITEM), osce, stopping)]
    assert len(found) == 1
    assert time.monotonic() - started < 60


def test_nothing_is_left_when_they_are_closed(osce: Taxonomy) -> None:
    workers = Workers(count=2)
    list(workers.understand(asked(AN_ITEM), osce))
    (first,) = _firsts()
    assert len(_children(first)) == 2
    workers.close()
    assert not _firsts()
    assert list(workers.understand(asked(AN_ITEM), osce)) == []


@pytest.mark.parametrize("words", ["NOTHING", "SLEEPS", "HOLDS THE INTERPRETER"])
def test_nothing_is_left_of_workers_whose_owner_was_killed(words: str, tmp_path: Path) -> None:
    """Idle, or at work on what holds the interpreter."""
    code = (
        "import sys, feeds.ingest.workers as w; from tests.integration.test_workers import *; "
        "from feeds.taxonomy import Taxonomy; "
        "t = Taxonomy.from_toml(open('config/taxonomies/osce.toml').read()); "
        "many = Workers(limits=DocumentLimits(seconds=100), count=1); "
        "list(many.understand(asked(AN_ITEM), t)); print('ready', flush=True); "
        f"list(many.understand(asked({words.encode()!r}), t)); time.sleep(100)"
    )
    environment = hostile_parser.install(tmp_path / "site")
    root = Path(__file__).parents[2]
    owner = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, env=environment, stdout=subprocess.PIPE
    )
    assert owner.stdout
    with owner:
        assert owner.stdout.readline() == b"ready\n"
        (first,) = _children(owner.pid)
        theirs = [first, *_children(first)]
        time.sleep(0.5)
        owner.kill()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in theirs))


def test_what_tells_languages_is_loaded_once_for_all_of_them() -> None:
    code = (
        "import sys; from feeds.ingest import worker; from feeds.parse import language;"
        "worker._fork = lambda *_: sys.exit(f'{language.model.cache_info().currsize} loaded');"
        "worker.serve([(0, 1)], worker.LIMITS, eager=True)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr == "1 loaded\n"


def test_settings_of_ours_are_not_told_to_who_reads_documents(
    monkeypatch: pytest.MonkeyPatch, osce: Taxonomy
) -> None:
    monkeypatch.setenv("FIELDFARE_SECRET", "do-not-tell")
    with closing(Workers(count=1)) as workers:
        list(workers.understand(asked(AN_ITEM), osce))
        (first,) = _firsts()
        assert b"do-not-tell" not in Path(f"/proc/{first}/environ").read_bytes()


def _workers() -> list[int]:
    return [child for first in _firsts() for child in _children(first)]


def _firsts() -> list[int]:
    """Of the processes we started, those that start workers."""
    return [
        pid
        for pid in _children(os.getpid())
        if b"from feeds.ingest.worker import" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def _children(pid: int) -> list[int]:
    """The processes that ``pid`` started, by whichever thread."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text("ascii").split()]
