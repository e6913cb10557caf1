"""The base class of all queries, and rows as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)
else:
    T = TypeVar("T")

IDS_A_STATEMENT = 10_000
"""SQLite takes at most 32,766 parameters, PostgreSQL 65,535."""


class Queries:
    """The queries about one kind of thing, within one transaction. `LookupError` means that no row has the id."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _all(self, kind: type[T], query: Select[*tuple[Any, ...]]) -> tuple[T, ...]:
        """Return every row as a dataclass; the query's columns are its fields."""
        rows = (await self._connection.execute(query)).mappings()
        return tuple(kind(**{str(name): value for name, value in row.items()}) for row in rows)

    async def _first(self, kind: type[T], query: Select[*tuple[Any, ...]]) -> T | None:
        found = await self._all(kind, query.limit(1))
        return found[0] if found else None

    async def _one(self, kind: type[T], query: Select[*tuple[Any, ...]]) -> T:
        found = await self._first(kind, query)
        if found is None:
            raise LookupError(f"there is no such {kind.__name__}")
        return found

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT of the connected database's dialect, which allows ON CONFLICT."""
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)


def columns(table: Table, kind: type[DataclassInstance]) -> list[Column[Any]]:
    """Return the table's columns that are fields of the dataclass."""
    return [table.c[field.name] for field in fields(kind) if field.name in table.c]


def values(row: DataclassInstance, *left_out: str) -> dict[str, Any]:
    """Return the dataclass's fields as column values by name."""
    return {field.name: getattr(row, field.name) for field in fields(row) if field.name not in left_out}


def batches(ids: Collection[int]) -> Iterator[list[int]]:
    """Split the ids into lists that are short enough for one statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_A_STATEMENT):
        yield ordered[start : start + IDS_A_STATEMENT]
