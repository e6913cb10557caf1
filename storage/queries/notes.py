"""Queries about notes between partners."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import insert, select, update

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

    async def by(self, member_id: int) -> tuple[Note, ...]:
        """Return a member's notes, oldest first."""
        return await self._all(Note, _NOTES.where(t.note.c.author_id == member_id))
