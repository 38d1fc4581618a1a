"""What the feeds side remembers, one file a noun; every function takes a Connection first.

Knows SQLAlchemy and Alembic, alone in this package. Must never know where documents come from
or how feeds are written.
"""

from sqlalchemy import Connection

__all__ = ["Connection"]
