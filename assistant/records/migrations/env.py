"""Run by Alembic for every upgrade and downgrade; `assistant.records.schema` hands it the connection."""

from __future__ import annotations

from alembic import context

from assistant.records.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
