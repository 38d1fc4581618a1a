"""A website whose TLS is at fault: that does not pass by itself, and whoever looks is told."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from feeds.parse import understand
from feeds.sources import CrawlScope
from feeds.sources.ask import Asking
from feeds.sources.website import WebSource
from feeds.standing import State
from feeds.storage.database import Database
from feeds.storage.origins import standings
from feeds.taxonomy import Taxonomy
from tests.publisher.fetching import fetching
from tests.publisher.remembered import EVERY, NOW
from tests.publisher.server import Publisher, publishing
from tests.publisher.site import Site
from tests.publisher.taking import polled

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Opened = Callable[[trustme.CA], AbstractContextManager[Publisher]]


@pytest.mark.parametrize(
    ("opened", "why"),
    [
        (lambda _: publishing(Site(count=3), ca=trustme.CA()), "unable to get local issuer"),
        (lambda ca: publishing(Site(count=3), ca=ca, until=LONG_AGO), "has expired"),
        (lambda ca: publishing(Site(count=3), ca=ca, names=("a.example",)), "Hostname mismatch"),
        (lambda _: publishing(Site(count=3)), "no TLS is spoken there"),
    ],
)
def test_a_fault_of_tls_waits_longest_and_is_told_in_the_report_and_of_the_source(
    database: Database, osce: Taxonomy, authority: trustme.CA, opened: Opened, why: str
) -> None:
    with opened(authority) as publisher, fetching() as fetcher:
        url = publisher.at("/news", "news.example.org").replace("http:", "https:")
        source = WebSource(
            url=url,
            asking=Asking(source="news", fetcher=fetcher, originals=lambda _: None),
            understand=lambda document: understand(document, osce),
            scope=CrawlScope(),
            every=EVERY,
        )
        (problem,) = polled(database, osce, source).problems
    assert why in problem
    assert "this does not pass by itself, so it is asked again on 2026-03-02" in problem
    with database.reading() as connection:
        standing = standings.of(connection, "news")
    assert standing is not None
    assert (standing.state, standing.failures) == (State.FAILING, 1)
    assert standing.next_look_at is not None
    assert standing.next_look_at >= NOW + timedelta(days=1)
    assert why in standing.problem
