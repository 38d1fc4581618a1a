"""A source's documents as they were kept, to be read once more by what reads them now.

Knows how each is shown to an ingest. Must never ask the source, nor know where they are kept.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.draft import Document, Draft
from feeds.sources import Fetched, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocument:
    """A document by its ``name`` and ``signature``, with what it came with, its ``url`` among it.
    Of the page of an item ``known`` is what the item says.
    """

    name: str
    signature: str
    body: bytes
    url: str | None = None
    media_type: str | None = None
    known: Draft | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """Shows what ``some`` gives of a source behind a name, until there is no more: at most so many
    documents as are ``expected``.
    """

    name: str
    some: Callable[[str], Sequence[KeptDocument]]
    expected: int
    #: What is not kept may be there all the same.
    is_whole: bool = False

    def scan(self, known: Mapping[str, str], now: datetime) -> Iterator[Seen]:  # noqa: ARG002
        """Each document as if it had just come, with the signature that it had."""
        after, shown = "", 0
        while shown < self.expected and (kept := self.some(after)):
            for each in kept[: self.expected - shown]:
                yield self._shown(each)
            after, shown = kept[-1].name, shown + len(kept)

    def _shown(self, kept: KeptDocument) -> Fetched:
        document = Document(
            source=self.name,
            name=kept.name,
            body=kept.body,
            url=kept.url,
            media_type=kept.media_type,
            # What a list said of it is in what the item says.
            lead=kept.known,
        )
        return Fetched(
            document=document,
            signature=kept.signature,
            is_page=kept.known is not None,
            awaited=kept.signature,
        )
