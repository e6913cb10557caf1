"""The address that a delivery goes to: as stored, or looked up by e-mail in the member's workspaces."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.errors import Disconnected, SendError
from bot.model import Address, Delivery, DeliveryKind
from bot.ports import Tx
from bot.use_cases import introductions, workspaces
from bot.worker.services import Services

SECONDS_TO_LOOK_UP = 5
"""The longest wait for a directory. A member without an address has no lane of their own that could be held back."""


async def address_for(tx: Tx, delivery: Delivery) -> Address | None:
    """Return the stored address of the member, or of the pairing's shared chat."""
    if delivery.kind is DeliveryKind.TOGETHER:
        return await introductions.find_shared_chat(tx, await tx.pairings.get(delivery.subject_id))
    return await tx.members.address_of(delivery.member_id)


async def look_up_address(services: Services, delivery: Delivery, now: datetime) -> Address | None:
    """Look for the member's e-mail address in the workspaces of their schools; store and return what is found.

    Raises `SendError` when a directory does not answer.
    """
    async with services.store.transaction() as tx:
        member = await tx.members.get(delivery.member_id)
        candidates = await workspaces.read_workspaces_of(tx, member)
    for workspace in candidates if member.email else ():
        directory = services.directories.get(workspace.platform)
        try:
            async with asyncio.timeout(SECONDS_TO_LOOK_UP):
                found = await directory.named(workspace.id, member.email) if directory else None
        except Disconnected:
            continue
        except TimeoutError:
            raise SendError("directory") from None
        if found is not None:
            async with services.store.transaction() as tx:
                await tx.members.connect(found, member.id, now)
            return found
    return None
