"""What the feeds side remembers, one file a noun.

Knows SQLAlchemy and Alembic, alone in this package. Must never know where documents come from
or how feeds are written.
"""
