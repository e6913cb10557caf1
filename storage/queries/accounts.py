"""Queries about accounts that are not connected yet: seen addresses, claims, requests of workspaces, wrong codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from bot.model import Address, AddressClaim, LinkRequest, QuestionState
from storage import tables as t
from storage.queries.base import Queries, columns


class SqlAccounts(Queries):
    """Queries about accounts that are not connected yet."""

    # --- seen addresses ---------------------------------------------------------------------------------------

    async def remember(self, address: Address, ask_at: datetime | None, expires_at: datetime) -> None:
        """Store the address of somebody who is no member; `ask_at` is when their e-mail may be asked for."""
        kept = {"route": address.route, "ask_at": ask_at, "expires_at": expires_at}
        row = self._insert(t.seen_address).values(
            platform=address.platform, workspace=address.workspace, user=address.user, **kept
        )
        keys = list(t.seen_address.primary_key)
        await self._connection.execute(row.on_conflict_do_update(index_elements=keys, set_=kept))

    async def forget(self, address: Address) -> None:
        """Delete a seen address."""
        await self._connection.execute(delete(t.seen_address).where(_at(t.seen_address, address)))

    async def ask_again(self, partnership_id: int, now: datetime) -> None:
        """Let everybody be asked about who was seen in the workspaces of a partnership."""
        theirs = select(t.workspace.c.id).where(
            t.workspace.c.partnership_id == partnership_id,
            t.workspace.c.platform == t.seen_address.c.platform,
            t.workspace.c.id == t.seen_address.c.workspace,
        )
        await self._connection.execute(update(t.seen_address).where(theirs.exists()).values(ask_at=now))

    async def claim_seen(self, now: datetime, again_at: datetime, limit: int) -> tuple[Address, ...]:
        """Return seen addresses in linked workspaces to ask about; they are the caller's until `again_at`."""
        linked = select(t.workspace.c.id).where(
            t.workspace.c.platform == t.seen_address.c.platform,
            t.workspace.c.id == t.seen_address.c.workspace,
            t.workspace.c.gone_at.is_(None),
        )
        due = select(*columns(t.seen_address, Address)).where(
            t.seen_address.c.ask_at.is_not(None), t.seen_address.c.ask_at <= now, linked.exists()
        )
        due = due.order_by(t.seen_address.c.ask_at).limit(limit).with_for_update(skip_locked=True)
        found = await self._all(Address, due)
        for each in found:
            taken = update(t.seen_address).where(_at(t.seen_address, each))
            await self._connection.execute(taken.values(ask_at=again_at))
        return found

    # --- claims -----------------------------------------------------------------------------------------------

    async def claim(self, claim: AddressClaim) -> AddressClaim:
        """Store a claim, or return the one that is known, at its newest route."""
        where = and_(t.address_claim.c.member_id == claim.member_id, _at(t.address_claim, claim.new))
        at_route = update(t.address_claim).where(where).values(route=claim.new.route)
        known = (await self._connection.execute(at_route.returning(t.address_claim))).mappings().one_or_none()
        if known is not None:
            return _claim(known)
        row = {
            "member_id": claim.member_id, "platform": claim.new.platform, "workspace": claim.new.workspace,
            "user": claim.new.user, "route": claim.new.route, "old_platform": claim.old.platform,
            "old_workspace": claim.old.workspace, "old_user": claim.old.user, "made_at": claim.made_at,
            "state": claim.state,
        }  # fmt: skip
        added = insert(t.address_claim).values(row).returning(t.address_claim)
        return _claim((await self._connection.execute(added)).mappings().one())

    async def get_claim(self, claim_id: int) -> AddressClaim | None:
        found = select(t.address_claim).where(t.address_claim.c.id == claim_id)
        row = (await self._connection.execute(found)).mappings().one_or_none()
        return None if row is None else _claim(row)

    async def answer_claim(self, claim_id: int, state: QuestionState) -> None:
        claimed = update(t.address_claim).where(t.address_claim.c.id == claim_id)
        await self._connection.execute(claimed.values(state=state))

    # --- workspaces that ask ----------------------------------------------------------------------------------

    async def request_link(self, request: LinkRequest, user: str) -> LinkRequest:
        """Store a request of a workspace, or ask again for the one that is known; `user` typed the code."""
        asked = {"made_at": request.made_at, "state": QuestionState.ASKED, "user": user}
        row = self._insert(t.link_request).values(
            platform=request.platform, workspace=request.workspace, school_id=request.school_id, **asked
        )
        keys = ["platform", "workspace", "school_id"]
        added = row.on_conflict_do_update(index_elements=keys, set_=asked).returning(
            *columns(t.link_request, LinkRequest)
        )
        return LinkRequest(**(await self._connection.execute(added)).mappings().one())

    async def get_link_request(self, request_id: int) -> LinkRequest | None:
        found = select(*columns(t.link_request, LinkRequest)).where(t.link_request.c.id == request_id)
        return await self._first(LinkRequest, found)

    async def answer_link_request(self, request_id: int, state: QuestionState) -> str:
        """Store the answer, and return the user who typed the code."""
        answered = update(t.link_request).where(t.link_request.c.id == request_id).values(state=state)
        found = await self._connection.execute(answered.returning(t.link_request.c.user))
        return str(found.scalar_one())

    # --- codes ------------------------------------------------------------------------------------------------

    async def note_wrong_code(self, platform: str, workspace: str, expires_at: datetime) -> None:
        """Count a wrong code that was typed in a workspace."""
        row = {"platform": platform, "workspace": workspace, "expires_at": expires_at}
        await self._connection.execute(insert(t.wrong_code).values(row))

    async def wrong_codes(self, platform: str, workspace: str, now: datetime) -> int:
        """Return how many wrong codes count against a workspace now."""
        counted = select(func.count()).where(
            t.wrong_code.c.platform == platform,
            t.wrong_code.c.workspace == workspace,
            t.wrong_code.c.expires_at > now,
        )
        return int(await self._connection.scalar(counted) or 0)

    async def prune_questions(self, before: datetime) -> int:
        """Delete questions that were asked before that time, and return how many."""
        claims = delete(t.address_claim).where(t.address_claim.c.made_at <= before)
        requests = delete(t.link_request).where(t.link_request.c.made_at <= before)
        return sum([(await self._connection.execute(each)).rowcount for each in (claims, requests)])


def _at(table: Table, address: Address) -> ColumnElement[bool]:
    return and_(
        table.c.platform == address.platform,
        table.c.workspace == address.workspace,
        table.c.user == address.user,
    )


def _claim(row: RowMapping) -> AddressClaim:
    return AddressClaim(
        id=row["id"],
        member_id=row["member_id"],
        new=Address(row["platform"], row["workspace"], row["user"], row["route"]),
        old=Address(row["old_platform"], row["old_workspace"], row["old_user"]),
        made_at=row["made_at"],
        state=row["state"],
    )
