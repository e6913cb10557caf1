"""Alembic's environment. The connection and its transaction come from `storage.migrate`."""

from typing import Any, Literal

from alembic import context

from storage.tables import metadata
from storage.tables.base import Id, Json, UTCDateTime


def render_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Render our column types by names that each migration defines, because our types may change later."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "MOMENT"
    if kind == "type" and item is Id:
        return "ID"
    if kind == "type" and item is Json:
        return "JSON"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite cannot change a table, so Alembic copies it
    render_item=render_type,
)
with context.begin_transaction():
    context.run_migrations()
