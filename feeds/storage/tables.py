"""The tables of the feeds side, one schema for SQLite and PostgreSQL.

Knows columns, keys and indexes. Must never know a query: those live beside, one file a noun.
"""

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    event,
    false,
    func,
    or_,
    text,
)

from feeds.storage.columns import NAMING, Instant, Number, TsVector

metadata = MetaData(naming_convention=NAMING)

#: What an index of the later changed holds: most items never were.
_IS_CORRECTED = text("updated_at > news_at")

#: What was fixed at the first opening and outlives every setting (the authority of tag: ids), and
#: what is known of the store as a whole.
constants = Table(
    "constants",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Numbers handed out in commit order: the row stays locked until the transaction ends.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Number, nullable=False),
)

#: Bytes as they came, by SHA-256; ``body`` is zlib-compressed.
originals = Table(
    "originals",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("size", Number, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

#: What was last seen under each name of each source. ``signature`` tells without reading
#: whether a file changed; ``reason`` is set while the document is in quarantine, for as long as
#: what it is read by (``recipe``) says so. A ``promoted`` one is an item because a person says so;
#: ``dismissed`` is the digest of the bytes of which one says that they are none of ours.
documents = Table(
    "documents",
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("signature", Text, nullable=False),
    Column("digest", Text, ForeignKey("originals.digest")),
    Column("seen_at", Instant, nullable=False),
    Column("reason", Text),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("recipe", Text, nullable=False, server_default=""),
    Column("media_type", Text, nullable=False, server_default=""),
    Column("promoted", Boolean, nullable=False, server_default=false()),
    Column("dismissed", Text),
    Index("ix_documents_reason", "reason"),
)

#: What tells one version of a document from another for whoever puts it aside.
bytes_told = func.coalesce(documents.c.digest, "")
#: Whether nobody said of a document, as it is now, that it is none of ours.
is_listed = or_(documents.c.dismissed.is_(None), documents.c.dismissed != bytes_told)

#: One row an item; ``number`` is its place in commit order, ``change`` its latest revision's.
#: ``source`` is the one whose words it shows; a ``partial`` one shows what a listing says of it.
#: ``group`` is the number of the first of the items that say the same in several languages. The
#: keys find near twins. Those withdrawn by their sources, ``retracted_at`` by an editor, or merged
#: are nowhere shown (`is_shown`). ``news_at`` is when it became news, and stays: feeds and pages
#: are ordered by it.
items = Table(
    "items",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("change", Number, nullable=False, index=True),
    Column("uid", Text, nullable=False, unique=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("url", Text),
    Column("issued_on", Date),
    Column("issued_at", Instant),
    Column("issued_from", Text),
    Column("dateline", Text),
    Column("language", Text, nullable=False),
    Column("freshness", Text, nullable=False),
    Column("content_hash", Text, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False, index=True),
    Column("news_at", Instant, nullable=False, index=True),
    Column("group", Number, nullable=False, server_default="0", index=True),
    Column("partial", Boolean, nullable=False, server_default=false()),
    Column("marks", Text, nullable=False, server_default=""),
    Column("title_key", BigInteger, index=True),
    Column("opening_key", BigInteger, index=True),
    Column("withdrawn_at", Instant),
    Column("retracted_at", Instant),
    Column("merged_into", Number),
    Column("merged_at", Instant),
    # Behind these rows go on in pages of their own (SQLite): what lists are made of comes first.
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("authors", JSON, nullable=False, server_default="[]"),
    Column("enclosures", JSON, nullable=False, server_default="[]"),
    Column("provenance", JSON(none_as_null=True)),
    Column("rights", JSON, nullable=False, server_default='["",""]'),
    Column("body", Text, nullable=False),
    Column("markup", Text, nullable=False, server_default=""),
)

#: What feeds, pages, mails and lists show of the items.
is_shown = and_(
    items.c.withdrawn_at.is_(None), items.c.retracted_at.is_(None), items.c.merged_into.is_(None)
)

#: The names an item is known by: at a source, or everywhere where ``source`` is empty. ``role``
#: says what the ``document`` is to the item (`Role`), ``content_hash`` what it told last,
#: ``gone_at`` since when it is not there any more. A twin adds a row, never an item.
item_keys = Table(
    "item_keys",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("item", Number, ForeignKey("items.number"), nullable=False, index=True),
    Column("role", Text, nullable=False, server_default="own"),
    Column("document", Text, nullable=False, server_default=""),
    Column("content_hash", Text, nullable=False, server_default=""),
    Column("gone_at", Instant),
    Index("ix_item_keys_document", "source", "document"),
)

#: The topics of an item in the order printed, parents implied by a child with ``direct`` false,
#: and its language, which is filed like one. An unknown name has no slug. ``news_at`` is when the
#: item became news there, which is later than everywhere where it was filed there later.
#: ``updated_at`` repeats the item's: by it an index finds the last corrected of a topic.
item_topics = Table(
    "item_topics",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("slug", Text),
    Column("direct", Boolean, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("news_at", Instant, nullable=False),
    Index("ix_item_topics_latest", "kind", "slug", "news_at", "item"),
    Index(
        "ix_item_topics_corrected",
        *("kind", "slug", "updated_at", "item"),
        # So it is on PostgreSQL, too, by the migration: to say so here would load its dialect with
        # every command, for a sixteenth of the time that one may take.
        sqlite_where=_IS_CORRECTED,
    ),
)

#: What an editor said of an item, and what its sources say where that is not shown.
corrections = Table(
    "corrections",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True),
    Column("said", JSON, nullable=False),
    Column("stated", JSON, nullable=False),
)

#: What was done to an item since it was added, by a source or an editor (``who``); ``changes`` are
#: packed JSON: each field as it was and as it is since.
steps = Table(
    "steps",
    metadata,
    Column("id", Number, primary_key=True),
    Column("item", Number, ForeignKey("items.number"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("deed", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("is_editor", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", LargeBinary),
)

#: Every revision of an item that a document made; the original it was read from holds its text.
revisions = Table(
    "revisions",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("content_hash", Text, nullable=False),
    Column("digest", Text, ForeignKey("originals.digest"), nullable=False),
    Column("significant", Boolean, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

#: Topics and languages whose feeds no longer show what the store holds, since which change. An item
#: that is filed there no more left their ``month``, whose other rows are with the items.
touched = Table(
    "touched",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("change", Number, nullable=False),
)

#: What is published of a place: how many items became news in each of its ``months``, by their
#: names, on pages of which ``size``, and the months of the ``corrected`` items, by number, which
#: its feed shows beside its latest.
histories = Table(
    "histories",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("months", JSON, nullable=False),
    Column("corrected", JSON, nullable=False),
    Column("latest_at", Instant),
)

#: What happened to items that are news, in commit order: a row a change that made a difference to
#: where one is found. ``places`` are the topics it is filed under, parents among them, ``texts``
#: packed what it says, null where that is as before; ``is_again`` where it was hidden and is back.
#: One that ``is_quiet`` only corrects what was there: it is news nowhere.
changes = Table(
    "changes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("item", Number, ForeignKey("items.number"), nullable=False),
    Column("places", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("texts", LargeBinary),
    Column("at", Instant, nullable=False),
    Column("is_again", Boolean, nullable=False),
    Column("is_quiet", Boolean, nullable=False, server_default=false()),
    Index("ix_changes_item", "item", "number"),
)

#: When an entry last left the feed of a topic, or that of everything, or came back to it: it is
#: updated by that, too.
movements = Table(
    "movements",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

#: An item as it stands in feeds and on pages, made once a revision. ``recipe`` names
#: everything else the bytes depend on (version, settings, templates). ``archived`` is the first
#: revision made so, in archives still while feeds show that it was corrected.
entries = Table(
    "entries",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("atom", LargeBinary, nullable=False),
    Column("rss", LargeBinary, nullable=False),
    Column("json", LargeBinary, nullable=False),
    Column("html", LargeBinary, nullable=False),
    Column("archived", LargeBinary),
)

#: What items are found by, a row an item, and one for each time it was filed somewhere late. The
#: smaller the ``rank``, the newer: microseconds before 1970. ``terms`` are a tsvector, or packed
#: what the table of FTS5 was told.
searchable = Table(
    "searchable",
    metadata,
    Column("rank", Number, primary_key=True, autoincrement=False),
    Column("item", Number, ForeignKey("items.number"), nullable=False, index=True),
    Column("is_late", Boolean, nullable=False),
    Column("terms", LargeBinary().with_variant(TsVector(), "postgresql"), nullable=False),
    # It is of an engine, and made of the items: another store makes its own.
    info={"is_made": True},
)
# Each row is there at once; a list of those to come would be read with every question.
GIN = "CREATE INDEX ix_searchable_terms ON searchable USING gin (terms) WITH (fastupdate=off)"
event.listen(searchable, "after_create", DDL(GIN).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]
#: By their ranks the terms of the rows above; it keeps no texts. Terms are separated by blanks.
FTS5 = (
    "CREATE VIRTUAL TABLE searchable_terms USING fts5"
    """(terms, content='', columnsize=0, tokenize="ascii tokenchars '-:'")"""
)
event.listen(searchable, "after_create", DDL(FTS5).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]

#: The parts of the sitemap with pages in them, and when one of these last changed.
sitemaps = Table(
    "sitemaps",
    metadata,
    Column("part", Number, primary_key=True, autoincrement=False),
    Column("changed_at", Instant),
)

#: Names of topics that an operator mapped, on top of those in the taxonomy file.
topic_names = Table(
    "topic_names",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("slug", Text, nullable=False),
)

#: Every topic there was, by each slug it had, and how it ended; ``held`` are its latest items then.
feed_records = Table(
    "feed_records",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("first_slug", Text, nullable=False),
    Column("ending", Text),
    Column("ended_at", Instant),
    Column("into", Text),
    Column("held", JSON, nullable=False, server_default="[]"),
)

#: How each source that is asked by address does: one row a source, for the address it was asked at.
standings = Table(
    "standings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("is_lasting", Boolean, nullable=False),
    Column("problem", Text, nullable=False),
    Column("next_look_at", Instant),
    Column("moved_to", Text),
    Column("last_success_at", Instant),
    Column("hub_url", Text),
    Column("hub_topic", Text),
)

#: What was answered to a pusher's Idempotency-Key, for as long as a request may be repeated.
#: ``digest`` is of the request, ``answer`` the JSON it got.
pushes = Table(
    "pushes",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)

#: Each feed's document that is published: what tells its versions apart, and the number of its last
#: change in commit order, which is where whoever tells of changes keeps a cursor.
publications = Table(
    "publications",
    metadata,
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("number", Number, nullable=False, index=True),
)

#: Every file that publishing ever made and did not take away: what tells its bytes, and in which
#: run over everything it last belonged to the site. ``unreferenced_at`` is when it no longer did,
#: ``uploaded`` to which bucket and with what digest it was copied.
published_files = Table(
    "published_files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("run", Number, nullable=False, index=True),
    Column("unreferenced_at", Instant, index=True),
    Column("uploaded", Text),
)
