"""Installations to keep safe, as tests of backups, restores and moves set them up.

Knows settings and rows to put there. Must never know how any of it is kept.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from config.settings import Settings
from feeds.storage.database import Database, constant
from feeds.taxonomy import Taxonomy
from tests import items, outbox
from tests.builders import a_draft
from tests.configured import settings_from

AUTHORITY = "news.example.org"
SECRET = "s" * 32
TEXT = 'secret_file = "secret.key"\n[mail]\ntemplates = "mails"\n[store]\nurl = "{}"\n'


def filled(database: Database, taxonomy: Taxonomy) -> Database:
    """A store with items, readers, and a mail to each that waits."""
    items.store(database, taxonomy, [a_draft(title=f"Item {number}") for number in range(3)])
    outbox.queue(database, 4)
    with database.writing() as connection:
        constant(connection, "authority", AUTHORITY)
    return database


def configured(folder: Path, url: str, text: str = TEXT) -> Settings:
    """The settings of an installation in a folder with this store."""
    (folder / "mails").mkdir(exist_ok=True)
    (folder / "mails" / "mail.css").write_text("p { color: #222 }\n")
    (folder / "secret.key").write_text(SECRET)
    return settings_from(folder / "fieldfare.toml", text.format(url))


def damaged(template: Path, file: Path) -> None:
    """The file is a copy of a store, but for a page of an index, which holds anything."""
    shutil.copy(template, file)
    with closing(sqlite3.connect(file)) as opened:
        [(page,)] = opened.execute("PRAGMA page_size")
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_items_updated_at'"
        [(root,)] = opened.execute(query)
    with file.open("r+b") as opened_file:
        opened_file.seek((root - 1) * page)
        opened_file.write(b"\xff" * page)
