"""How fast pages of HTML are understood: listings, and items beside trafilatura in the same run.

Run it with ``python -m tests.bench.bench_html [ROUNDS]``. A listing of 50 blocks has a limit; an
item's page may take as long as the extractor takes for the same bytes.
"""

# ruff: noqa: E501 - pages are written as their sites write them

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import trafilatura

from feeds.draft import Document, Habits, Parsed
from feeds.parse import html
from feeds.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
ROUNDS = 40
BLOCKS = 50

#: What is asked for.
LISTING_LIMIT_MS = 2.0

BY_SELECTORS = Habits(
    listing_entry=".search-result-news",
    listing_title=".search-title",
    listing_date=".publishing-date",
    listing_lead=".search-snippet",
)
SENTENCE = "Experts and officials met to take stock of what was done and to plan the coming year. "
MENU = "".join(
    f'<li class="menu-item"><a href="/m/{n}">Entry {n} of the menu</a></li>' for n in range(120)
)


def page(content: str) -> bytes:
    """A page with a menu and a footer of the usual size."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>News | OSCE</title></head>'
        f"<body><nav><ul>{MENU}</ul></nav>{content}<footer><ul>{MENU}</ul></footer></body></html>"
    ).encode()


def block(number: int) -> str:
    return f"""<div class="search-result-news"><a href="/odihr/{number}"><h3 class="search-title">
Meeting number {number} takes place in Vienna</h3></a><div class="publishing-date"><span>Publishing
date:</span> {number % 28 + 1} January 2025</div><div>Content type: News</div>
<div>What we do: Elections, Human rights</div><div class="search-snippet">{SENTENCE * 3}</div></div>"""


def article(opening: str, closing: str) -> bytes:
    paragraphs = "".join(f"<p>Part {n}. {SENTENCE * 5}</p>" for n in range(12))
    return page(
        f"<div><h1>Police officers trained in digital investigations</h1>{opening}"
        f"<p>VIENNA, 26 June 2021 – {SENTENCE}</p>{paragraphs}{closing}</div>"
    )


LISTING = page("<main>" + "".join(map(block, range(BLOCKS))) + "</main>")
MARKED = article('<div class="entry-content">', "</div>")
UNMARKED = article("<div>", "</div>")


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median of some rounds, of the processor's time: other work may go on beside."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - started))
    return statistics.median(taken)


def understood(body: bytes, habits: Habits, taxonomy: Taxonomy) -> Parsed:
    document = Document(
        source="bench",
        name="page",
        body=body,
        url="https://news.example.org/newsroom",
    )
    parsed = html.parse(document, taxonomy, habits)
    if not isinstance(parsed, Parsed):
        raise SystemExit(str(parsed))
    return parsed


def main(rounds: int = ROUNDS) -> None:
    taxonomy = Taxonomy.from_toml((ROOT / "config/taxonomies/osce.toml").read_text("utf-8"))
    for what, habits in (("selectors", BY_SELECTORS), ("repetition", Habits())):
        found = len(understood(LISTING, habits, taxonomy).drafts)
        if found != BLOCKS:
            raise SystemExit(f"a listing of {BLOCKS} blocks by {what}: {found} found")
        taken = milliseconds(lambda: understood(LISTING, habits, taxonomy), rounds)  # noqa: B023 - called at once
        limit = LISTING_LIMIT_MS / taken
        print(
            f"  listing of {BLOCKS} by {what:<12}{taken:>8.2f} ms{limit:>8.1f} x the {LISTING_LIMIT_MS} ms asked for"
        )
    for what, body in (("marked", MARKED), ("unmarked", UNMARKED)):
        text = body.decode()
        peer = milliseconds(lambda: trafilatura.extract(text), rounds)  # noqa: B023 - called at once
        taken = milliseconds(lambda: understood(body, Habits(), taxonomy), rounds)  # noqa: B023 - called at once
        print(
            f"  item's page, {what:<17}{taken:>8.2f} ms{peer / taken:>8.1f} x trafilatura ({peer:.2f} ms)"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
