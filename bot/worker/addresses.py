"""The address that a delivery goes to: as stored, or looked up by e-mail in the member's workspaces."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.errors import Disconnected, SendError
from bot.model import Address, Delivery, DeliveryKind
from bot.ports import Tx
from bot.use_cases import accounts, introductions
from bot.worker.services import Services

SEEN_AT_ONCE = 20
ASK_AGAIN_AFTER = timedelta(minutes=10)
"""The wait until a directory that did not answer is asked about the same person again."""
SECONDS_TO_LOOK_UP = 5
"""The longest wait for a directory. A member without an address has no lane of their own that could be held back."""


async def address_for(tx: Tx, delivery: Delivery, addresses: Mapping[int, Address]) -> Address | None:
    """Return the address of the member, from those stored by member id, or of the pairing's shared chat."""
    if delivery.kind is DeliveryKind.TOGETHER:
        return await introductions.find_shared_chat(tx, await tx.pairings.get(delivery.subject_id))
    if delivery.kind is DeliveryKind.NEW_ADDRESS:
        return await accounts.find_asked_address(tx, delivery.subject_id)
    return addresses.get(delivery.member_id)


async def look_up_address(services: Services, delivery: Delivery, now: datetime) -> Address | None:
    """Look for the member's e-mail address in the workspaces of their schools; store and return what is found.

    Raises `SendError` when a directory does not answer.
    """
    async with services.store.transaction() as tx:
        member = await tx.members.get(delivery.member_id)
        candidates = await accounts.read_workspaces_of(tx, member)
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
                if await accounts.connect_found(tx, member, found, now):
                    return found
    return None


async def meet_seen(services: Services, now: datetime) -> int:
    """Ask the directories about people who were seen before they could be met; return how many were asked about.

    They wrote or installed the bot before their workspace was linked, or before a roster named them.
    """
    async with services.store.transaction() as tx:
        seen = await tx.accounts.claim_seen(now, now + ASK_AGAIN_AFTER, SEEN_AT_ONCE)
    for address in seen:
        directory = services.directories.get(address.platform)
        try:
            async with asyncio.timeout(SECONDS_TO_LOOK_UP):
                email = await directory.email_of(address) if directory else None
        except (SendError, Disconnected, TimeoutError):
            continue
        if email is not None:
            async with services.store.transaction() as tx:
                await accounts.meet(tx, address, email, now)
    return len(seen)
