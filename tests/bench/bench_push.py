"""How soon a hub's subscriber has an item, beside what is allowed.

Run it with ``python -m tests.bench.bench_push``. A daemon runs as it would anywhere; items are
handed in by its push API one after the other, and the time taken is that from before the request
until the subscriber has read all of the feed that holds it: more than lies between the commit and
that, as the item is understood and stored within it.
"""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event

import httpx2

from tests.command import a_free_port, until
from tests.publisher.reader import FeedReader, a_reader
from tests.publisher.server import Raw, Request, Response
from tests.pushing import TOKENS, an_item, bearer, pushed_to

ITEMS = 100
MOST_MS = 1_000
PATIENCE_SECONDS = 30
SETTINGS = """\
[site]
url = "http://127.0.0.1:{port}"
[serve]
port = {port}
# Nobody reads what it logs, and a pipe that is full would stop it.
[log]
level = "error"
[websub]
hub = true
[fetch]
private_hosts = "127.0.0.1"
"""


def measured(folder: Path, stack: ExitStack) -> Sequence[float]:
    """Milliseconds from each item's request to the subscriber's having it."""
    port = a_free_port()
    url = f"http://127.0.0.1:{port}"
    house = pushed_to(folder / "house", SETTINGS.format(port=port))
    reader = stack.enter_context(a_reader())
    stack.enter_context(house.running(url))
    topic = f"{url}/feeds/all.atom"
    until(lambda: httpx2.get(f"{url}/").status_code == 200)
    reader.ask(f"{url}/websub", topic, secret="a secret").raise_for_status()
    until(lambda: house.report("status")["feed_subscriptions"] == 1)
    client = stack.enter_context(httpx2.Client(base_url=url, headers=bearer(TOKENS["press"])))
    return [_one(client, reader, number) for number in range(ITEMS)]


def _one(client: httpx2.Client, reader: FeedReader, number: int) -> float:
    title = f"Police officers trained in course number {number}"
    came = Event()

    def answer(request: Request) -> Response | Raw:
        if title.encode() in request.body:
            came.set()
        return reader.answer(request)

    reader.server.handler = answer
    started = time.perf_counter()
    item = json.dumps(an_item(id=f"press-{number}", title=title, url=None))
    answered = client.post("/api/items", content=item, headers={"Content-Type": "application/json"})
    if answered.status_code != 201 or not came.wait(PATIENCE_SECONDS):
        raise SystemExit(f"item {number} did not come: {answered.status_code} {answered.text}")
    return (time.perf_counter() - started) * 1000


def main() -> int:
    """How many of the two numbers are more than is allowed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fieldfare-")))
        took = sorted(measured(folder, stack))
    found = {"median": median(took), "p99": took[int(len(took) * 0.99)]}
    print(f"an item handed in, to the subscriber of our own hub having its feed ({ITEMS} items)")
    for name, ms in found.items():
        print(f"  {name:<8}{ms:6.0f} ms  {ms / MOST_MS:5.1%} of {MOST_MS:,} ms allowed")
    return sum(ms > MOST_MS for ms in found.values())


if __name__ == "__main__":
    raise SystemExit(main())
