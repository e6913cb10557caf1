"""Queries about notes between partners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, insert, select, update

from bot.model import Note
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.base import Queries, columns, values

_NOTES = select(*columns(t.note, Note)).order_by(t.note.c.id)


class SqlNotes(Queries):
    """Queries about notes between partners."""

    async def add(self, note: Note) -> Note:
        row = insert(t.note).values(values(note, "id")).returning(t.note.c.id)
        return replace(note, id=(await self._connection.execute(row)).scalar_one())

    async def get(self, note_id: int) -> Note | None:
        return await self._first(Note, _NOTES.where(t.note.c.id == note_id))

    async def set_text(self, note_id: int, text: str) -> None:
        """Store the changed text of a note; an empty one takes it back."""
        mark_erased(self._connection)
        await self._connection.execute(update(t.note).where(t.note.c.id == note_id).values(text=text))

    async def typed_in(self, member_id: int, message: str) -> tuple[Note, ...]:
        """Return the notes that a member typed in that chat message, without those taken back."""
        found = _NOTES.where(t.note.c.author_id == member_id, t.note.c.message == message)
        return await self._all(Note, found.where(t.note.c.text != ""))

    async def first_of_pairings(self, cycle_id: int) -> Mapping[int, datetime]:
        """Return when the first note of each pairing of a cycle was sent, without those taken back."""
        first = select(t.note.c.pairing_id, func.min(t.note.c.sent_at).label("sent_at"))
        first = first.join_from(t.note, t.pairing).where(
            t.pairing.c.cycle_id == cycle_id, t.note.c.text != ""
        )
        rows = await self._connection.execute(first.group_by(t.note.c.pairing_id))
        return {row.pairing_id: row.sent_at for row in rows}

    async def by(self, member_id: int) -> tuple[Note, ...]:
        """Return a member's notes, oldest first."""
        return await self._all(Note, _NOTES.where(t.note.c.author_id == member_id))
