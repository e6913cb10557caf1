"""What the nouns' queries share: rows in and out of frozen dataclasses."""

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


class Noun:
    """A noun's queries within one transaction. What is asked for by id and isn't there is a `LookupError`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _all(self, kind: type[T], query: Select[*tuple[Any, ...]]) -> tuple[T, ...]:
        """Every row as a dataclass; the query's columns are its fields."""
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
        """An INSERT that may say ON CONFLICT, in the words of the database at hand."""
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)


def columns(table: Table, kind: type[DataclassInstance]) -> list[Column[Any]]:
    """The table's columns that are fields of that dataclass, by name."""
    return [table.c[field.name] for field in fields(kind) if field.name in table.c]


def values(row: DataclassInstance, *left_out: str) -> dict[str, Any]:
    """The dataclass as column values by name, as they are."""
    return {field.name: getattr(row, field.name) for field in fields(row) if field.name not in left_out}


def batches(ids: Collection[int]) -> Iterator[list[int]]:
    """The ids in lists short enough for one statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_A_STATEMENT):
        yield ordered[start : start + IDS_A_STATEMENT]
