"""Forgetting a person: nothing they said or were stays, and every count stays the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import CycleState, EnrolmentState, Hours
from storage import tables as t
from storage.queries.rows import hours_columns


async def erase(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Erase name, e-mail, profile, addresses and everything they said; leave the cycle that is open.

    Their rows as a member, in cycles, pairings, check-ins and the ledger stay, and say nothing of who it was.
    """
    await _erase_words(connection, member_id)
    await _erase_traces(connection, member_id)
    await _erase_person(connection, member_id, now)


async def erase_workspace(connection: AsyncConnection, platform: str, workspace_id: str) -> None:
    """Erase what came from a workspace: its people's addresses there, and the words of those who have no other.

    The people stay as their roster has them.
    """
    there = and_(t.address.c.platform == platform, t.address.c.workspace == workspace_id)
    elsewhere = select(t.address.c.member_id).where(not_(there))
    only_there = select(t.address.c.member_id).where(there, t.address.c.member_id.not_in(elsewhere))
    for member_id in list((await connection.execute(only_there.distinct())).scalars()):
        await _erase_words(connection, member_id)
        await connection.execute(update(t.delivery).where(t.delivery.c.member_id == member_id).values(ref=""))
    await connection.execute(delete(t.address).where(there))
    gone = and_(t.workspace.c.platform == platform, t.workspace.c.id == workspace_id)
    linked = and_(
        t.workspace_school.c.platform == platform, t.workspace_school.c.workspace_id == workspace_id
    )
    await connection.execute(delete(t.workspace_school).where(linked))
    await connection.execute(delete(t.workspace).where(gone))


async def _erase_words(connection: AsyncConnection, member_id: int) -> None:
    asked = select(t.check_in.c.id).where(t.check_in.c.member_id == member_id)
    await connection.execute(delete(t.answer).where(t.answer.c.check_in_id.in_(asked)))
    await connection.execute(delete(t.challenge).where(t.challenge.c.giver_id == member_id))
    # What a partner gave stays theirs; only the words it was answered with go.
    given_to_them = update(t.challenge).where(t.challenge.c.receiver_id == member_id)
    await connection.execute(given_to_them.values(reply="", next_step="", next_step_on=None))
    await connection.execute(update(t.note).where(t.note.c.author_id == member_id).values(text=""))
    await connection.execute(delete(t.held_words).where(t.held_words.c.member_id == member_id))


async def _erase_traces(connection: AsyncConnection, member_id: int) -> None:
    # The reasons of a match say what its people offer and need.
    sat = select(t.seat.c.pairing_id).where(t.seat.c.member_id == member_id)
    await connection.execute(update(t.pairing).where(t.pairing.c.id.in_(sat)).values(reasons=[]))
    await connection.execute(update(t.delivery).where(t.delivery.c.member_id == member_id).values(ref=""))
    either = or_(t.blocked.c.member_a == member_id, t.blocked.c.member_b == member_id)
    await connection.execute(delete(t.blocked).where(either))
    # A conversation's lines are emptied, not deleted: the one they pressed may be about to be replaced.
    emptied = update(t.playground_line).where(_was_said_with(member_id))
    await connection.execute(emptied.values(html="", plain="", previews={}))
    await connection.execute(delete(t.address).where(t.address.c.member_id == member_id))


def _was_said_with(member_id: int) -> ColumnElement[bool]:
    theirs = and_(
        t.address.c.member_id == member_id,
        t.address.c.workspace == t.playground_line.c.workspace,
        t.address.c.user == t.playground_line.c.person,
    )
    return exists().where(theirs)


async def _erase_person(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    await connection.execute(delete(t.profile).where(t.profile.c.member_id == member_id))
    nobody = {"given_name": "", "family_name": "", "email": "", "active": False, "paused_until": None}
    # Under an identifier of its own, so that the next import makes a new person instead of reviving this one.
    nobody |= {"source_id": f"erased-{member_id}", "erased_at": now, **hours_columns(Hours())}
    await connection.execute(update(t.member).where(t.member.c.id == member_id).values(nobody))
    open_cycles = select(t.cycle.c.id).where(t.cycle.c.state != CycleState.CLOSED)
    still_in = (EnrolmentState.INVITED, EnrolmentState.ACCEPTED)
    theirs = update(t.enrolment).where(
        t.enrolment.c.member_id == member_id,
        t.enrolment.c.cycle_id.in_(open_cycles),
        t.enrolment.c.state.in_(still_in),
    )
    await connection.execute(theirs.values(state=EnrolmentState.LEFT))
