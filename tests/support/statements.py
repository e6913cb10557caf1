"""Counting the statements that reach a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from storage.store import SqlStore


@contextmanager
def statements(store: SqlStore) -> Iterator[list[str]]:
    """Collect every statement of the store while the block runs, `BEGIN IMMEDIATE` of SQLite included.

    One that writes many rows at once is one; `COMMIT` is none.
    """
    engine: Engine = store._engine.sync_engine  # noqa: SLF001  # the store has no other reader of its engine
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
