"""The schema's revisions: which the store has, which this program brings.

Knows Alembic, and loads it only to migrate. Must never know what the tables are for.
"""

import logging
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

#: Where Alembic finds the revisions.
SCRIPTS = Path(__file__).parent / "migrations"

_alembic_version = Table("alembic_version", MetaData(), Column("version_num", Text))

#: Every revision this program knows, oldest first: each is named like its file.
REVISIONS = tuple(sorted(path.stem for path in (SCRIPTS / "versions").glob("[0-9]*.py")))


def revision(connection: Connection) -> str | None:
    """The revision the store has; None before the first migration."""
    if not inspect(connection).has_table(_alembic_version.name):
        return None
    return connection.scalar(select(_alembic_version.c.version_num))


def upgrade(connection: Connection) -> None:
    """The schema is the newest, in the transaction that ``connection`` is in."""
    # A migration is one event of the store's, not a line for each step and plug-in.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Most runs have nothing to migrate and should not wait until Alembic is loaded.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    # The option is a template (configparser), in which a percent sign stands for itself by two.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
