"""Settling: writing to the ledger what became of deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.errors import Conflict, StoreAway
from bot.model import Address, CheckInState, Delivery, DeliveryKind, DeliveryState
from bot.ports import Tx
from bot.rules import outcomes
from bot.use_cases import accounts, cycles
from bot.use_cases.reports import BLOCKED, report
from bot.worker.services import Services

log = structlog.get_logger()

SECONDS_BETWEEN_TRIES = (1, 2, 4, 8, 16, 32)
"""Together less than what is left of a lease after the slowest platform has answered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery in its new state."""

    delivery: Delivery
    held: Address | None = None
    """An address whose whole workspace takes nothing more before the delivery is due again."""
    blocked: Address | None = None
    """An address that takes nothing, as the platform says."""


async def settle(services: Services, settled: Sequence[Outcome]) -> None:
    """Write outcomes in one transaction. Those whose lease has ended are left to the new holder.

    The messages are sent, so this retries while the lease lasts; one that cannot be written does not stop the others.
    """
    for wait in (*SECONDS_BETWEEN_TRIES, None) if settled else ():
        try:
            await _settle_once(services, settled)
            return
        except Exception as error:
            if wait is None:
                raise
            log.exception("delivery.not-settled", ids=[each.delivery.id for each in settled])
            if len(settled) > 1 and not isinstance(error, StoreAway | Conflict):
                await asyncio.gather(*(settle(services, [each]) for each in settled))
                return
            await asyncio.sleep(wait)


async def _settle_once(services: Services, settled: Sequence[Outcome]) -> None:
    async with services.store.transaction() as tx:
        written = await tx.deliveries.settle([each.delivery for each in settled])
        sent = [each.delivery for each in settled if each.delivery.state is DeliveryState.SENT]
        await _open_check_ins(tx, [each for each in sent if each.id in written])
        for each in settled:
            if each.delivery.id in written and each.blocked is not None:
                await _note_block(tx, each.delivery, each.blocked)
        for (platform, workspace), until in sorted(_held_until(settled).items()) if services.limits else ():
            await tx.lanes.hold(platform, workspace, until, services.limits)
    for each in settled:
        log.info(
            "delivery.settled",
            id=each.delivery.id,
            kind=each.delivery.kind,
            state=each.delivery.state,
            reason=each.delivery.reason,
            ours=each.delivery.id in written,
        )


def _held_until(settled: Sequence[Outcome]) -> Mapping[tuple[str, str], datetime]:
    """Return until when workspaces take nothing more, by platform and workspace."""
    until: dict[tuple[str, str], datetime] = {}
    for each in settled:
        if each.held is not None:
            workspace = (each.held.platform, each.held.workspace)
            until[workspace] = max(each.delivery.due_at, until.get(workspace, each.delivery.due_at))
    return until


async def _open_check_ins(tx: Tx, sent: Sequence[Delivery]) -> None:
    """Open check-ins that have reached their owners: their next plain reply answers the first question."""
    reached = [each.subject_id for each in sent if each.kind is DeliveryKind.CHECK_IN]
    asking = {}
    for check_in in (await tx.check_ins.many(reached)).values():
        if check_in.state is CheckInState.PLANNED:
            pack = await cycles.read_pack(tx, await tx.cycles.get(check_in.cycle_id))
            asking[check_in.id] = pack.step(check_in.step).words(pack.languages[0]).questions[0].key
    await tx.check_ins.open(asking)


async def _note_block(tx: Tx, delivery: Delivery, address: Address) -> None:
    """Count the days on which an address took nothing, and let the coordinators know on the second."""
    now = delivery.due_at - outcomes.WAIT_WHILE_BLOCKED
    if await tx.members.note_block(address, now) == accounts.BLOCKS_BELIEVED:
        member = await tx.members.get(delivery.member_id)
        await report(tx, member, BLOCKED, now)
