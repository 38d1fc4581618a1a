"""What is published compared with what is stored, and mended.

Knows the order of calls. Must never know what a document says: it is made as publishing makes it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Event

from feeds.model import Progress
from feeds.publish.files import Files
from feeds.publish.rebuild import (
    PublishReport,
    SitePublication,
    builder_of,
    publish,
)
from feeds.publish.site import Site
from feeds.publish.store.manifest import ComparedFiles, Difference, Retention
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy


def check(
    database: Database,
    taxonomy: Taxonomy,
    files: Files,
    site: Site,
    *,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> tuple[Difference, ...]:
    """Where the published directory is not what the store says, in the order of publishing.

    Nothing in the directory is written. Raises StoreBusy where somebody publishes meanwhile.
    """
    compared = ComparedFiles(files)
    publication = SitePublication(
        database=database,
        files=compared,
        builder=builder_of(database, site, taxonomy),
        stopping=stopping or Event(),
        progress=progress,
    )
    with database.exclusive("publish"):
        publication.run(everything=True)
        if not publication.stopping.is_set():
            compared.differences.extend(compared.unreferenced(database))
    return tuple(compared.differences)


def repair(
    database: Database,
    taxonomy: Taxonomy,
    files: Files,
    site: Site,
    differences: Sequence[Difference],
    *,
    kept: Retention,
    stopping: Event | None = None,
    progress: Progress | None = None,
) -> PublishReport:
    """The published directory is what the store says: these ``differences`` are mended.

    Raises StoreBusy, PublishError.
    """
    for difference in differences:
        files.discard(difference.path)
    return publish(
        database,
        taxonomy,
        files,
        site,
        everything=True,
        kept=replace(kept, unreferenced=timedelta()),
        stopping=stopping,
        progress=progress,
    )
