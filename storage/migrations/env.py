"""What Alembic runs around the migrations; the connection and its transaction come from `storage.migrate`."""

from typing import Any, Literal

from alembic import context

from storage.tables import metadata
from storage.tables.base import Id, Json, UTCDateTime


def in_words_of_its_own(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A migration is history: it names no type of ours, which may change later."""
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
    render_as_batch=True,  # SQLite can't change a table, so Alembic copies it
    render_item=in_words_of_its_own,
)
with context.begin_transaction():
    context.run_migrations()
