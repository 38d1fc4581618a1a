"""A bucket that holds a copy of what is published, for a CDN or as a website.

Knows objects with their media types, and the order in which readers may see them. Must never know
what a document says.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby
from threading import Event
from time import monotonic

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import from_url

from feeds.errors import BucketError, PublishError, StoreBusy
from feeds.publish.files import Files, digest_of
from feeds.publish.site import INDEX
from feeds.storage.database import Database
from feeds.storage.published import published_files
from feeds.web.representation import CACHE_CONTROL, MEDIA

log = structlog.get_logger(__name__)

#: What does not answer for so long is tried again by the next run.
_RETRIES, _PATIENCE_SECONDS = 3, 20
# Where nothing worked for so long the bucket is away, and the rest is left to the next run.
_MOST_SECONDS = 60.0
# What pages of histories are named by (`feeds/all/2020-01.atom`).
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{1,9})?(?:\.|$)")
# Each waits for the way there and back, and most of that time for nothing.
_IN_FLIGHT = 12
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


def upload(
    database: Database, files: Files, bucket: Bucket, before: datetime, stopping: Event
) -> int:
    """The bucket holds what is published, as of when this began: how many objects that took.

    Items come before the histories of feeds, those before feeds, and feeds before what lists them,
    so that no link leads nowhere, some of each at once; what is the site's no longer since
    ``before`` is deleted after all of it. One that fails holds up no other, and what could not be
    done is left to the next run.
    Where another run is at it, that is told, and nothing is done. Raises BucketError where objects
    could not be uploaded, or not be deleted.
    """
    problem, count = "", 0
    try:
        with database.exclusive("upload"):
            try:
                count = _upload(database, files, bucket, stopping)
            finally:
                problem = _withdraw(database, bucket, before)
    except StoreBusy as busy:
        log.warning("not uploaded", bucket=bucket.url, reason=str(busy))
    if problem:
        raise BucketError(bucket.url, problem)
    return count


def _upload(database: Database, files: Files, bucket: Bucket, stopping: Event) -> int:
    with database.reading() as connection:
        waiting = published_files.waiting(connection, bucket.url)
    done: dict[str, str] = {}
    first_problem, failures = "", 0
    count, worked_at = 0, monotonic()
    try:
        for path, problem in _put_all(files, bucket, waiting, stopping):
            if problem:
                first_problem, failures = first_problem or problem, failures + 1
                if monotonic() - worked_at >= _MOST_SECONDS:
                    break
                continue
            done[path] = waiting[path]
            count, worked_at = count + 1, monotonic()
            if len(done) >= _AT_ONCE:
                _keep(database, bucket, done)
    finally:
        _keep(database, bucket, done)
    if count:
        log.info("uploaded", bucket=bucket.url, files=count)
    if failures:
        said = f"{first_problem} ({failures} failed, {count} uploaded)"
        raise BucketError(bucket.url, said)
    return count


def _put_all(
    files: Files, bucket: Bucket, waiting: Mapping[str, str], stopping: Event
) -> Iterator[tuple[str, str]]:
    """Each object with why it could not be put, or "": those of one place are all there, or told,
    before one of the next is begun. It may end early.
    """
    with ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="upload") as threads:
        # A bucket that is away is not asked for many at once.
        most = 1
        for _, paths in groupby(sorted(waiting, key=_place), key=lambda path: _place(path)[0]):
            going: deque[tuple[str, Future[str]]] = deque()
            for path in paths:
                if stopping.is_set():
                    break
                content = files.read(path)
                if content is None or digest_of(content) != waiting[path]:
                    continue  # By now it is another's, or another run's.
                going.append((path, threads.submit(_problem_of_putting, bucket, path, content)))
                if len(going) >= most:
                    put, problem = going.popleft()
                    yield put, problem.result()
                    most = most if problem.result() else _IN_FLIGHT
            for put, problem in going:
                yield put, problem.result()


def _problem_of_putting(bucket: Bucket, path: str, content: bytes) -> str:
    """Its words alone: the error has the bytes of the object, by its traceback."""
    try:
        bucket.put(path, content)
    except PublishError as problem:
        return str(problem)
    return ""


def _withdraw(database: Database, bucket: Bucket, before: datetime) -> str:
    """Copies of what is the site's no longer are deleted: "", or why they could not be."""
    with database.reading() as connection:
        left = published_files.left(connection, before)
    if not left:
        return ""
    # First of all: what is published again meanwhile is to be uploaded again.
    with database.writing() as connection:
        published_files.withdraw(connection, left)
    try:
        bucket.delete([*left])
    except PublishError as problem:
        return f"{problem} ({len(left)} are to be deleted)"
    with database.writing() as connection:
        published_files.forget(connection, left)
    return ""


def _keep(database: Database, bucket: Bucket, done: dict[str, str]) -> None:
    if done:
        with database.writing() as connection:
            published_files.uploaded(connection, bucket.url, done)
    done.clear()


def _place(path: str) -> tuple[int, str]:
    """Items, the histories of feeds, feeds, their pages, what lists them, the front page."""
    if path == INDEX:
        return 5, path
    *folders, name = path.split("/")
    if folders[:1] == ["items"]:
        return 0, path
    if folders[:1] != ["feeds"]:
        return 4, path
    # Pages of a history are below their feed, a page of HTML in a folder of its own.
    if _MONTH.match(folders[-1] if name == INDEX else name):
        return 1, path
    return (3 if name == INDEX else 2), path


def _reason(error: Exception) -> str:
    """The first line: what follows it is of the library."""
    return str(error).partition("\n")[0][:300]
