"""Queries about challenges."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from bot.model import Challenge
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.base import Queries, columns, values

_CHALLENGES = select(*columns(t.challenge, Challenge)).order_by(t.challenge.c.id)
_REPLY = ("reply", "next_step", "next_step_on", "replied_at")


class SqlChallenges(Queries):
    """Queries about challenges."""

    async def give(self, challenge: Challenge) -> Challenge:
        """Store a challenge in place of an earlier one of the same check-in.

        The lock lets partners give one after the other, so that the second sees the first one's challenge.
        """
        lock = select(t.pairing.c.id).where(t.pairing.c.id == challenge.pairing_id)
        await self._connection.execute(lock.with_for_update(key_share=True))
        row = self._insert(t.challenge).values(values(challenge, "id"))
        again = values(challenge, "id", "check_in_id", "released_at", *_REPLY)
        kept = await self._connection.execute(
            row.on_conflict_do_update(index_elements=["check_in_id"], set_=again).returning(
                *columns(t.challenge, Challenge)
            )
        )
        return Challenge(**kept.one()._asdict())

    async def take_back(self, check_in_id: int) -> None:
        mark_erased(self._connection)
        await self._connection.execute(delete(t.challenge).where(t.challenge.c.check_in_id == check_in_id))

    async def get(self, challenge_id: int) -> Challenge | None:
        return await self._first(Challenge, _CHALLENGES.where(t.challenge.c.id == challenge_id))

    async def of_check_in(self, check_in_id: int) -> Challenge | None:
        """Return the challenge that the check-in's owner gave."""
        return await self._first(Challenge, _CHALLENGES.where(t.challenge.c.check_in_id == check_in_id))

    async def of_pairing(self, pairing_id: int) -> tuple[Challenge, ...]:
        return await self._all(Challenge, _CHALLENGES.where(t.challenge.c.pairing_id == pairing_id))

    async def release(self, pairing_id: int, now: datetime) -> None:
        """Mark the pairing's unreleased challenges as released."""
        unreleased = update(t.challenge).where(
            t.challenge.c.pairing_id == pairing_id, t.challenge.c.released_at.is_(None)
        )
        await self._connection.execute(unreleased.values(released_at=now))

    async def save_reply(self, challenge: Challenge) -> None:
        """Write reply, next_step, next_step_on, replied_at."""
        row = update(t.challenge).where(t.challenge.c.id == challenge.id)
        reply = {name: getattr(challenge, name) for name in _REPLY}
        await self._connection.execute(row.values(reply))

    async def of_cycle(self, cycle_id: int) -> tuple[Challenge, ...]:
        in_cycle = _CHALLENGES.join_from(t.challenge, t.pairing).where(t.pairing.c.cycle_id == cycle_id)
        return await self._all(Challenge, in_cycle)
