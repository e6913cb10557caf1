"""Reading the ledger line by line, for operators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields

from sqlalchemy import and_, func, select

from bot.model import LedgerFilter, LedgerLine
from storage import tables as t
from storage.store import SqlStore

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _Position:
    """The last line of a page, after which the next one begins."""

    moment: object
    id: int


async def lines(store: SqlStore, wanted: LedgerFilter) -> AsyncIterator[LedgerLine]:
    """Yield matching lines by due time, each page in its own transaction, since the reader may be slow."""
    d = t.delivery
    home_post = and_(t.post.c.member_id == d.c.member_id, t.post.c.position == 0)
    query = (
        select(
            *(d.c[field.name] for field in fields(LedgerLine) if field.name in d.c),
            t.partnership.c.name.label("partnership"),
            func.coalesce(t.school.c.source_id, "").label("school"),
            t.member.c.source_id.label("person"),
        )
        .join(t.member, t.member.c.id == d.c.member_id)
        .join(t.partnership, t.partnership.c.id == d.c.partnership_id)
        .join(t.post, home_post, isouter=True)
        .join(t.school, t.school.c.id == t.post.c.school_id, isouter=True)
        .order_by(d.c.due_at, d.c.id)
    )
    if wanted.states:
        query = query.where(d.c.state.in_(sorted(wanted.states)))
    if wanted.kinds:
        query = query.where(d.c.kind.in_(sorted(wanted.kinds)))
    if wanted.partnership:
        query = query.where(t.partnership.c.name == wanted.partnership)
    if wanted.school:
        query = query.where(t.school.c.source_id == wanted.school)
    if wanted.since:
        query = query.where(d.c.due_at >= wanted.since)
    if wanted.until:
        query = query.where(d.c.due_at < wanted.until)
    left, position = wanted.limit, None
    while left > 0:
        page = query.limit(min(PAGE, left))
        if position is not None:
            later = and_(d.c.due_at == position.moment, d.c.id > position.id)
            page = page.where((d.c.due_at > position.moment) | later)
        async with store.transaction() as tx:
            rows = (await tx.connection.execute(page)).all()
        for row in rows:
            yield LedgerLine(**row._asdict())
        if len(rows) < PAGE:
            return
        left -= len(rows)
        position = _Position(rows[-1].due_at, rows[-1].id)
