"""How fast a selection of three facets and a keyword is found among 300,000 items, on both engines.

Run it with ``python -m tests.bench.bench_search``. What is rare in one question is frequent in
another, as each engine has its own plan for them: the slowest counts. Most of the index is filled
with made-up terms; how fast it follows is measured on texts.
"""

import random
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import text

from feeds import search
from feeds.search import fulltext, index
from feeds.search.fulltext import Entry
from feeds.selection import Selection
from feeds.storage.database import Database
from feeds.storage.engines import upsert
from feeds.storage.tables import constants, counters
from tests import services
from tests.bench.archive import fill_items, osce, updated_of
from tests.items import store
from tests.pages import TRAINING, draft_of

ITEMS = 300_000
FOLLOWED = 1_000
#: What a feed holds, where no more came within two days.
LIMIT = 50
ROUNDS = 9
#: What is asked for.
MOST_MILLISECONDS = 20

_AT_ONCE = 5_000
_WORDS = 40
_VOCABULARY = 30_000

#: Of all items two thirds are in the big field, half in the issuer, a third in the country.
_PLACES = "field=big&issuer=half&country=third"
QUESTIONS = {
    "all of them frequent": f"{_PLACES}&q=often",
    "any of six places, all frequent": f"{_PLACES}&field=f1&field=f2&issuer=i1&q=often",
    "a word in half of all, a field of 3": "field=three&issuer=half&country=third&q=even",
    "a field of 200,000, a word in 2": f"{_PLACES}&q=twice",
    "two frequent words": f"{_PLACES}&q=w1+w5",
    "a phrase of frequent words": f"{_PLACES}&q=%22w1+w2%22",
    "a frequent word left out": f"{_PLACES}&q=often+-even",
    "what was frequent long ago": f"{_PLACES}&q=old",
    "a word nobody has": f"{_PLACES}&q=nowhere",
    "each in half of all, never together": "field=odd&issuer=half&country=third&q=even",
}


def main() -> None:
    """Prints, for each engine, how long each question takes, and what the index does."""
    print(f"three facets and a word, the latest {LIMIT} of {ITEMS:,} items, median of {ROUNDS}")
    for engine in ("sqlite", "postgresql"):
        with _opened(engine) as database:
            _fill(database)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            worst = max(_asked(database, question) for question in QUESTIONS)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            print(f"  {engine}: {worst:.1f} ms at worst ({MOST_MILLISECONDS} ms asked for)")
            print(f"    index {_megabytes(database):,.0f} MB, memory grown by {grown / 1e3:.0f} MB")
            print(f"    {_followed(database):,.0f} items a second followed")


@contextmanager
def _opened(engine: str) -> Iterator[Database]:
    with ExitStack() as stack:
        if engine == "postgresql":
            server = stack.enter_context(services.postgres())
            url = stack.enter_context(server.database())
        else:
            folder = stack.enter_context(TemporaryDirectory(prefix="fieldfare-"))
            url = f"sqlite:///{Path(folder) / 'store.db'}"
        database = stack.enter_context(closing(Database.open(url)))
        database.migrate()
        yield database


def _fill(database: Database) -> None:
    fill_items(database, ITEMS)
    chance = random.Random(1)
    vocabulary = [f"w{number}" for number in range(_VOCABULARY)]
    # Of words in general the second is half as frequent as the first, and so on (Zipf).
    weights = [*accumulate(1 / (rank + 3) for rank in range(_VOCABULARY))]
    for first in range(1, ITEMS + 1, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, ITEMS + 1))
        entries = [
            Entry(
                item=number,
                moment=updated_of(number),
                is_late=False,
                places=[*_places(number, chance)],
                words=[
                    *chance.choices(vocabulary, cum_weights=weights, k=_WORDS),
                    *_marks(number, chance),
                ],
            )
            for number in numbers
        ]
        with database.writing() as connection:
            fulltext.replace(connection, (), entries)
    with database.writing() as connection:
        connection.execute(text("ANALYZE"))


def _places(number: int, chance: random.Random) -> Iterator[str]:
    yield from (":all", "language:en", f"type:t{number % 7}")
    yield from (f"field:f{number % 60}", f"issuer:i{number % 45}")
    if number % 3:
        yield "field:big"
    if number % 2:
        yield "field:odd"
    if number in {5, ITEMS // 2, ITEMS - 1_000}:
        yield "field:three"
    if chance.random() < 1 / 2:
        yield "issuer:half"
    if chance.random() < 1 / 3:
        yield "country:third"


def _marks(number: int, chance: random.Random) -> Iterator[str]:
    if number % 2 == 0:
        yield "even"
    if number in {ITEMS // 3 + 1, ITEMS - 7}:
        yield "twice"
    if number < ITEMS // 20:
        yield "old"
    if chance.random() < 1 / 3:
        yield "often"


def _asked(database: Database, question: str) -> float:
    selection = Selection.parse(QUESTIONS[question])
    took, found = [], 0
    for _ in range(ROUNDS):
        with database.reading() as connection:
            started = time.perf_counter()
            found = len(search.latest(connection, selection, LIMIT))
            took.append((time.perf_counter() - started) * 1e3)
    print(f"    {question:<36} {found:>4} found {median(took):>6.1f} ms")
    return median(took)


def _megabytes(database: Database) -> float:
    of_sqlite = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%searchable%'"
    others = "SELECT pg_total_relation_size('searchable')"
    with database.reading() as connection:
        size = connection.scalar(text(of_sqlite if database.is_embedded else others))
    return float(size or 0) / 1e6


def _followed(database: Database) -> float:
    store(database, osce(), [draft_of(TRAINING, osce())] * FOLLOWED)
    with database.writing() as connection:
        upsert(connection, counters, [{"name": "searched", "value": ITEMS}])
        upsert(connection, constants, [{"name": "searched.recipe", "value": index._recipe()}])
    started = time.perf_counter()
    search.follow(database)
    return FOLLOWED / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
