"""What was last seen of each document, its bytes, and which items it is of.

Knows signatures, quarantine, originals and keys. Must never know what a document says.
"""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from isal import isal_zlib
from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    and_,
    bindparam,
    delete,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    tuple_,
    update,
)

from feeds.draft import Reason, Refused
from feeds.identity.decide import Role
from feeds.identity.duplicates import Link
from feeds.storage.columns import among
from feeds.storage.engines import upsert
from feeds.storage.tables import bytes_told, documents, is_listed, item_keys, originals

#: Stands where the evidence of a refusal would: the document is a file, and its text was not read.
_UNREAD = "unread"
_SIGNED = (documents.c.name, documents.c.signature)
_IS_SET_ASIDE = or_(documents.c.reason.is_not(None), documents.c.evidence == _UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A document as last seen; in quarantine while ``refused`` says why.

    ``signature`` tells without reading whether it changed. ``digest`` names its original, which
    is kept unless it could not be read. ``recipe`` names what it was read by; what ``is_unread`` is
    a file, whose text another may read. ``media_type`` is the Content-Type it came with, or "".
    """

    source: str
    name: str
    signature: str
    digest: str | None
    seen_at: datetime
    refused: Refused | None = None
    recipe: str = ""
    is_unread: bool = False
    media_type: str = ""


def signatures(connection: Connection, source: str, recipe: str) -> Mapping[str, str]:
    """The signatures of a source's documents, by name: whoever has its own need not be read.

    What is in quarantine, and what was not read, is read again once it would be by another
    ``recipe``; what could not be had is asked for each time, as no signature shows a right or a
    setting.
    """
    of_source = (documents.c.source == source, documents.c.signature != "")
    judged = or_(not_(_IS_SET_ASIDE), documents.c.recipe == recipe)
    return dict(connection.execute(select(*_SIGNED).where(*of_source, judged)).all())


def set_aside(connection: Connection, source: str) -> Mapping[str, str]:
    """The signatures of a source's documents that are in quarantine or were not read, by name."""
    query = select(*_SIGNED).where(documents.c.source == source, _IS_SET_ASIDE)
    return dict(connection.execute(query).all())


def promoted(connection: Connection, source: str) -> Collection[str]:
    """The documents of a source that a person vouched for, by name."""
    where = (documents.c.source == source, documents.c.promoted)
    return frozenset(connection.scalars(select(documents.c.name).where(*where)))


def promote(connection: Connection, source: str, name: str) -> bool:
    """The document is an item because a person says so, and is read again; False if unknown."""
    its_row = (documents.c.source == source, documents.c.name == name)
    changed = connection.execute(
        update(documents).where(*its_row).values(promoted=True, signature="")
    )
    return changed.rowcount > 0


def dismiss(connection: Connection, source: str, name: str) -> bool:
    """A person says that the document is none of ours: until it changes it is listed no more. False
    where it is not in quarantine.
    """
    held = (documents.c.source == source, documents.c.name == name, documents.c.reason.is_not(None))
    told = update(documents).where(*held).values(dismissed=bytes_told)
    return connection.execute(told).rowcount > 0


def refusals(
    connection: Connection,
    source: str | None = None,
    name: str | None = None,
    *,
    dismissed: bool = True,
    most: int | None = None,
    after: tuple[str, str] | None = None,
) -> tuple[Sighting, ...]:
    """The documents that are in quarantine, of one source or of all, by source and name, or the one
    of this name; without those that were ``dismissed`` where they are not wanted, so many at most,
    ``after`` one by its source and name.
    """
    query = select(documents).where(documents.c.reason.is_not(None))
    if not dismissed:
        query = query.where(is_listed)
    if source is not None:
        query = query.where(documents.c.source == source)
    if name is not None:
        query = query.where(documents.c.name == name)
    place = (documents.c.source, documents.c.name)
    if after is not None:
        query = query.where(tuple_(*place) > tuple_(*map(literal, after)))
    ordered = query.order_by(*place).limit(most)
    return tuple(
        Sighting(
            source=row.source,
            name=row.name,
            signature=row.signature,
            digest=row.digest,
            seen_at=row.seen_at,
            refused=Refused(reason=Reason(row.reason), evidence=row.evidence),
            recipe=row.recipe,
            media_type=row.media_type,
        )
        for row in connection.execute(ordered)
    )


def record(connection: Connection, seen: Collection[Sighting]) -> None:
    """These are the latest sightings; their originals are kept already."""
    rows = [
        {
            "source": sighting.source,
            "name": sighting.name,
            "signature": sighting.signature,
            "digest": sighting.digest,
            "seen_at": sighting.seen_at,
            "reason": sighting.refused.reason.value if sighting.refused else None,
            "evidence": sighting.refused.evidence
            if sighting.refused
            else _UNREAD * sighting.is_unread,
            "recipe": sighting.recipe,
            "media_type": sighting.media_type,
        }
        for sighting in seen
    ]
    upsert(connection, documents, rows)


def renew(connection: Connection, source: str, signatures: Mapping[str, str]) -> None:
    """Each of these documents has another signature, and is otherwise what it was."""
    rows = [{"of": source, "named": name, "to": to} for name, to in signatures.items()]
    if rows:
        connection.execute(_RENEW, rows)


def refuse(
    connection: Connection, source: str, refusals: Mapping[str, Refused], recipe: str
) -> None:
    """These documents are in quarantine, as they are."""
    for name, why in refusals.items():
        told = {"reason": why.reason.value, "evidence": why.evidence, "recipe": recipe}
        its_row = (documents.c.source == source, documents.c.name == name)
        connection.execute(update(documents).where(*its_row).values(**told))


def forget(connection: Connection, source: str, names: Collection[str]) -> None:
    """Nothing is remembered under these names; originals stay."""
    rows = [{"of": source, "named": name} for name in names]
    if rows:
        connection.execute(_FORGET, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """A document that is kept and was read by another recipe; ``item`` is the number of the one it
    is the page of, if it is a page.
    """

    name: str
    signature: str
    media_type: str
    body: bytes
    item: int | None


def outdated(
    connection: Connection, source: str, recipe: str, after: str, most: int, *, are_pages: bool
) -> Sequence[Outdated]:
    """The documents of a source that were read by another recipe, by name, those ``after`` one; of
    one that ``are_pages`` those that are the page of an item alone.
    """
    pages = _pages(source)
    item = pages.c.item if are_pages else null()
    found = select(documents.c.name, documents.c.signature, documents.c.media_type)
    found = found.add_columns(originals.c.body, item.label("item")).join(originals)
    if are_pages:
        found = found.join(pages, pages.c.document == documents.c.name)
    is_next = and_(_was_read_otherwise(source, recipe), documents.c.name > after)
    rows = connection.execute(found.where(is_next).order_by(documents.c.name).limit(most))
    return [
        Outdated(
            name=row.name,
            signature=row.signature,
            media_type=row.media_type,
            body=zlib.decompress(row.body),
            item=row.item,
        )
        for row in rows
    ]


def count_outdated(
    connection: Connection, source: str, recipe: str, *, are_pages: bool
) -> tuple[int, int]:
    """How many documents of a source were read by another recipe: those that can be read again, and
    those that cannot, as they are lists, or their bytes were never had.
    """
    its = _was_read_otherwise(source, recipe)
    everything = select(func.count()).select_from(documents).where(its)
    readable = everything.where(documents.c.digest.is_not(None))
    if are_pages:
        readable = readable.where(documents.c.name.in_(select(_pages(source).c.document)))
    all_of_them, again = (connection.scalar(each) or 0 for each in (everything, readable))
    return again, all_of_them - again


def _was_read_otherwise(source: str, recipe: str) -> ColumnElement[bool]:
    return and_(documents.c.source == source, documents.c.recipe != recipe)


def _pages(source: str) -> Subquery:
    """The documents of a source that items are of, each with the first of its items."""
    where = (item_keys.c.source == source, item_keys.c.gone_at.is_(None))
    first = func.min(item_keys.c.item).label("item")
    return select(item_keys.c.document, first).where(*where).group_by("document").subquery()


def digest_of(body: bytes) -> str:
    """What an original is kept under, its SHA-256."""
    return hashlib.sha256(body).hexdigest()


def keep(connection: Connection, bodies: Mapping[str, bytes]) -> None:
    """These bytes are kept under their digests, packed, once each."""
    rows = [
        # isal packs a page in 15 microseconds where zlib needs 120, to the same size.
        {"digest": digest, "size": len(body), "body": isal_zlib.compress(body)}
        for digest, body in bodies.items()
    ]
    upsert(connection, originals, rows, replace=False)


def latest(connection: Connection, source: str, name: str) -> bytes | None:
    """The bytes of a source's document as last seen; None where they were never had."""
    its_row = (documents.c.source == source, documents.c.name == name)
    digest = connection.scalar(select(documents.c.digest).where(*its_row))
    return original(connection, digest) if digest else None


def original(connection: Connection, digest: str) -> bytes | None:
    """The bytes of this SHA-256 as they came."""
    packed = connection.scalar(select(originals.c.body).where(originals.c.digest == digest))
    return None if packed is None else zlib.decompress(packed)


_IT = (documents.c.source == bindparam("of"), documents.c.name == bindparam("named"))
_FORGET = delete(documents).where(*_IT)
_RENEW = update(documents).where(*_IT).values(signature=bindparam("to"))


# -- Which items documents are of ------------------------------------------------------------------


def link(connection: Connection, source: str, links: Iterable[tuple[str, Link, int]]) -> None:
    """These keys of a source, each once, lead to these items, by number, from now on."""
    rows = [
        {
            "source": source,
            "key": key,
            "item": item,
            "role": each.role.value,
            "document": each.document,
            "content_hash": each.told_hash,
            "gone_at": None,
        }
        for key, each, item in links
    ]
    upsert(connection, item_keys, rows)


def left(
    connection: Connection, source: str, document: str, keys: Collection[str]
) -> Collection[int]:
    """The items, by number, that a source's document showed, and under none of these keys does."""
    of_it = (item_keys.c.source == source, item_keys.c.document == document)
    query = select(item_keys.c.key, item_keys.c.item).where(*of_it, item_keys.c.gone_at.is_(None))
    rows = connection.execute(query).all()
    return {item for _, item in rows} - {item for key, item in rows if key in keys}


def copies(connection: Connection, item: int) -> Sequence[tuple[str, str]]:
    """The documents that are taken for copies of an item, each with its source."""
    twins = (
        item_keys.c.item == item,
        item_keys.c.role == Role.TWIN.value,
        item_keys.c.gone_at.is_(None),
    )
    columns = (item_keys.c.source, item_keys.c.document)
    rows = connection.execute(select(*columns).where(*twins).distinct().order_by(*columns))
    return [(row.source, row.document) for row in rows]


def set_apart(connection: Connection, item: int, name: str) -> str | None:
    """What a document of that name tells is no copy of an item, but an item of its own once it is
    read again; the source of the document, None where it is no copy.
    """
    twins = (
        item_keys.c.item == item,
        item_keys.c.document == name,
        item_keys.c.role == Role.TWIN.value,
    )
    source = connection.scalar(select(item_keys.c.source).where(*twins).limit(1))
    if source is not None:
        apart = update(item_keys).where(*twins, item_keys.c.source == source)
        connection.execute(apart.values(role=Role.APART.value, content_hash=""))
    return source


def promote_copies(connection: Connection, source: str, gone: ColumnElement[bool]) -> None:
    """What a source has copies of elsewhere than what is ``gone``, its items come of the copies
    from now on.
    """
    its = select(item_keys.c.item).where(gone, item_keys.c.role == Role.OWN.value)
    copies = (
        item_keys.c.source == source,
        item_keys.c.item.in_(its),
        not_(gone),
        item_keys.c.role == Role.TWIN.value,
        item_keys.c.gone_at.is_(None),
    )
    connection.execute(update(item_keys).where(*copies).values(role=Role.OWN.value))


def disown(connection: Connection, numbers: Collection[int], source: str) -> None:
    """To all sources but this one these items are another's: what they show are copies."""
    if numbers:
        others = (among(item_keys.c.item, numbers), item_keys.c.source.not_in(("", source)))
        connection.execute(update(item_keys).where(*others).values(role=Role.TWIN.value))


def name(connection: Connection, names: Mapping[str, int]) -> None:
    """These names lead to these items everywhere, but for those that led somewhere before."""
    rows = [
        {"source": "", "key": name, "item": number, "role": Role.NAME.value}
        for name, number in names.items()
    ]
    upsert(connection, item_keys, rows, replace=False)
