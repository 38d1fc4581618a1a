"""Where Alembic finds the connection.

Knows the transaction the store is in and hands over. Must never know a URL, or a table.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
