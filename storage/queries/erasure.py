"""Erasing a member, or what came from a workspace, so that every count stays the same.

tests/storage/test_personal_columns.py holds the decision for each column about a member.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import CycleState, EnrolmentState, Hours
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.rows import hours_columns


async def erase(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    """Erase a member's name, e-mail, profile, addresses and everything they wrote, and end their open enrolment.

    Their rows as a member, in cycles, pairings, check-ins and the ledger are kept, but identify nobody.
    """
    await _erase_words(connection, member_id)
    await _erase_traces(connection, member_id)
    await _erase_person(connection, member_id, now)


async def erase_workspace(connection: AsyncConnection, platform: str, workspace_id: str) -> None:
    """Erase a workspace: its members' addresses, and what was written by those who have no other address.

    The members are kept as in their roster.
    """
    there = and_(t.address.c.platform == platform, t.address.c.workspace == workspace_id)
    elsewhere = select(t.address.c.member_id).where(not_(there))
    only_there = select(t.address.c.member_id).where(there, t.address.c.member_id.not_in(elsewhere))
    for member_id in list((await connection.execute(only_there.distinct())).scalars()):
        await _erase_words(connection, member_id)
        # Without `ref`, no message in the workspace is updated any more.
        await connection.execute(update(t.delivery).where(t.delivery.c.member_id == member_id).values(ref=""))
    await connection.execute(delete(t.address).where(there))
    for table in (t.seen_address, t.address_claim, t.link_request):
        await connection.execute(
            delete(table).where(table.c.platform == platform, table.c.workspace == workspace_id)
        )
    gone = and_(t.workspace.c.platform == platform, t.workspace.c.id == workspace_id)
    linked = and_(
        t.workspace_school.c.platform == platform, t.workspace_school.c.workspace_id == workspace_id
    )
    await connection.execute(delete(t.workspace_school).where(linked))
    await connection.execute(delete(t.workspace).where(gone))


async def _erase_words(connection: AsyncConnection, member_id: int) -> None:
    mark_erased(connection)
    asked = select(t.check_in.c.id).where(t.check_in.c.member_id == member_id)
    await connection.execute(delete(t.answer).where(t.answer.c.check_in_id.in_(asked)))
    await connection.execute(delete(t.challenge).where(t.challenge.c.giver_id == member_id))
    # A challenge belongs to the partner who gave it; only the reply is erased.
    given_to_them = update(t.challenge).where(t.challenge.c.receiver_id == member_id)
    await connection.execute(given_to_them.values(reply="", next_step="", next_step_on=None))
    await connection.execute(
        update(t.note).where(t.note.c.author_id == member_id).values(text="", message=None)
    )
    for kept in (t.held_words, t.kept_file):
        await connection.execute(delete(kept).where(kept.c.member_id == member_id))


async def _erase_traces(connection: AsyncConnection, member_id: int) -> None:
    # A pairing's reasons say what its members offer and need.
    pairings = select(t.seat.c.pairing_id).where(t.seat.c.member_id == member_id)
    await connection.execute(update(t.pairing).where(t.pairing.c.id.in_(pairings)).values(reasons=[]))
    # Without `ref`, no message to the member is updated any more.
    await connection.execute(update(t.delivery).where(t.delivery.c.member_id == member_id).values(ref=""))
    blocks = or_(t.blocked.c.member_a == member_id, t.blocked.c.member_b == member_id)
    await connection.execute(delete(t.blocked).where(blocks))
    # Lines of the playground are emptied, not deleted: the reply may be about to replace the line just pressed.
    emptied = update(t.playground_line).where(_is_in_conversation_of(member_id))
    await connection.execute(emptied.values(html="", plain="", previews={}))
    await connection.execute(delete(t.address).where(t.address.c.member_id == member_id))
    await connection.execute(delete(t.address_claim).where(t.address_claim.c.member_id == member_id))


def _is_in_conversation_of(member_id: int) -> ColumnElement[bool]:
    theirs = and_(
        t.address.c.member_id == member_id,
        t.address.c.workspace == t.playground_line.c.workspace,
        t.address.c.user == t.playground_line.c.person,
    )
    return exists().where(theirs)


async def _erase_person(connection: AsyncConnection, member_id: int, now: datetime) -> None:
    await connection.execute(delete(t.profile).where(t.profile.c.member_id == member_id))
    erased = {"given_name": "", "family_name": "", "email": "", "active": False, "paused_until": None}
    # With another source id, so that the next import adds a new member instead of reviving this one.
    erased |= {"source_id": f"erased-{member_id}", "erased_at": now, **hours_columns(Hours())}
    await connection.execute(update(t.member).where(t.member.c.id == member_id).values(erased))
    open_cycles = select(t.cycle.c.id).where(t.cycle.c.state != CycleState.CLOSED)
    still_in = (EnrolmentState.INVITED, EnrolmentState.ACCEPTED)
    theirs = update(t.enrolment).where(
        t.enrolment.c.member_id == member_id,
        t.enrolment.c.cycle_id.in_(open_cycles),
        t.enrolment.c.state.in_(still_in),
    )
    await connection.execute(theirs.values(state=EnrolmentState.LEFT))
