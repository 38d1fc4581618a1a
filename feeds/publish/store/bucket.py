"""A bucket that holds a copy of what is published, for a CDN or as a website.

Knows objects with their media types, and the order in which readers may see them. Must never know
what a document says.
"""

from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import from_url

from feeds.errors import PublishError
from feeds.publish.files import Files, digest_of
from feeds.publish.site import INDEX
from feeds.storage.database import Database
from feeds.storage.published import published_files
from feeds.web.representation import CACHE_CONTROL, MEDIA

log = structlog.get_logger(__name__)

#: What does not answer for so long is tried again by the next run.
_RETRIES, _PATIENCE_SECONDS = 3, 20
# Known as uploaded in one transaction.
_AT_ONCE = 100


class Bucket:
    """An S3-compatible bucket, or a folder in it, by ``url`` (``s3://bucket/folder``).

    Keys, region and endpoint are those of the environment, as other programs take them
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT). Objects are plain: a
    bucket sends what it holds to everybody, also to who cannot unpack it, and a CDN packs what it
    sends by itself.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._store = from_url(
            url,
            retry_config={
                "max_retries": _RETRIES,
                "retry_timeout": timedelta(seconds=_PATIENCE_SECONDS),
            },
            # A bucket on this machine, or in a network of one's own, may have no certificate.
            client_options={"allow_http": True, "timeout": timedelta(seconds=_PATIENCE_SECONDS)},
        )

    def put(self, path: str, content: bytes) -> None:
        """The object is there, whole. Raises PublishError."""
        media = MEDIA.get(path.rpartition(".")[2])
        attributes = {"Cache-Control": CACHE_CONTROL}
        if media:
            attributes["Content-Type"] = media.type
        try:
            obstore.put(self._store, path, content, attributes=attributes)
        except (BaseError, OSError) as error:
            raise PublishError(f"cannot upload {path} to {self.url}: {_reason(error)}") from error

    def delete(self, paths: Sequence[str]) -> None:
        """There are no such objects. Raises PublishError."""
        try:
            obstore.delete(self._store, list(paths))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise PublishError(f"cannot empty {self.url}: {_reason(error)}") from error


def upload(database: Database, files: Files, bucket: Bucket, stopping: Event) -> int:
    """The bucket holds what is published, as of when this began: how many objects that took.

    Items come before feeds, and feeds before what lists them, so that no link leads nowhere; what
    the site no longer has is deleted after all of it. What could not be done is left to the next
    run. Raises StoreBusy, PublishError.
    """
    with database.exclusive("upload"):
        with database.reading() as connection:
            waiting = published_files.waiting(connection, bucket.url)
        done: dict[str, str] = {}
        count = 0
        try:
            for path in sorted(waiting, key=_place):
                content = files.read(path)
                if stopping.is_set():
                    break
                if content is None or digest_of(content) != waiting[path]:
                    continue  # By now it is another's, or another run's.
                bucket.put(path, content)
                done[path] = waiting[path]
                count += 1
                if len(done) >= _AT_ONCE:
                    _keep(database, bucket, done)
        finally:
            _keep(database, bucket, done)
    if count:
        log.info("uploaded", bucket=bucket.url, files=count)
    return count


def _keep(database: Database, bucket: Bucket, done: dict[str, str]) -> None:
    if done:
        with database.writing() as connection:
            published_files.uploaded(connection, bucket.url, done)
    done.clear()


def _place(path: str) -> tuple[int, str]:
    """Items, the histories of feeds, feeds, their pages, what lists them, the front page."""
    if path == INDEX:
        return 4, path
    folder, _, name = path.rpartition("/")
    if not folder.startswith(("items", "feeds")):
        return 3, path
    if path.startswith("items/"):
        return 0, path
    return (2 if name == INDEX else 1), path


def _reason(error: Exception) -> str:
    """The first line: what follows it is of the library."""
    return str(error).partition("\n")[0][:300]
