"""A made-up publisher on the web, and somebody who looks at one address of it.

Knows how both are started and ended. Must never know what is tested.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.publisher.remembered import Watched, fetching
from tests.publisher.server import Publisher, publishing
from tests.publisher.site import Site


@dataclass(frozen=True, slots=True)
class Looking:
    """``watched`` looks at what ``site`` says by way of ``publisher``."""

    site: Site
    publisher: Publisher
    watched: Watched

    @property
    def titles(self) -> set[str]:
        """Of everything that came of the looks so far."""
        return {item.title for item in self.watched.store.items.values()}


@contextmanager
def looking(site: Site, path: str = "/news") -> Iterator[Looking]:
    """The site is on the web, and nobody has looked at ``path`` yet."""
    with publishing(site) as publisher, fetching() as fetcher:
        yield Looking(site, publisher, Watched(url=publisher.at(path), fetcher=fetcher))
