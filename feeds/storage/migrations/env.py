"""Where Alembic finds the connection and the tables.

Knows both. Must never know a URL: the store hands over the transaction it is in.
"""

from alembic import context

from feeds.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
