"""Introductions of partners to each other, and one chat for a whole pairing."""

from __future__ import annotations

from collections.abc import Collection

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    Address,
    Cycle,
    DeliveryKind,
    Pairing,
    PairingState,
)
from bot.ports import Tx
from bot.say import basics
from bot.say import pairings as say_pairings
from bot.use_cases import participants
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import choose_moment, read_availabilities


async def ask_for_chat(request: Request, *, gathers: bool) -> Message:
    """Owe one chat for the whole pairing and the bot, if its members share a workspace."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.current(member.partnership_id)
    pairing = await tx.pairings.of_member(cycle.id, member.id) if cycle else None
    if cycle is None or pairing is None:
        raise UserError("no-partner")
    if not gathers or await find_shared_chat(tx, pairing) is None:
        raise UserError("not-together")
    availabilities = await read_availabilities(tx, list((await tx.members.many(pairing.member_ids)).values()))
    moment = max(choose_moment(each, request.now) for each in availabilities.values())
    occurrence = request.now.isoformat()
    await owe(tx, cycle, DeliveryKind.TOGETHER, pairing.id, [member], moment, occurrence=occurrence)
    return basics.plain(request.voice, "together.soon")


async def find_shared_chat(tx: Tx, pairing: Pairing) -> Address | None:
    """Return one address for all members of a pairing, user ids joined by commas; None if they share no workspace."""
    addresses = await tx.members.current_addresses(pairing.member_ids)
    known = [addresses[each] for each in pairing.member_ids if each in addresses]
    if len(known) < len(pairing.member_ids) or len({(each.platform, each.workspace) for each in known}) != 1:
        return None
    return Address(known[0].platform, known[0].workspace, ",".join(each.user for each in known))


async def compose_alone(request: Request, cycle: Cycle) -> Message | None:
    """Return the message that no partner was found, or None if the member has one now."""
    if await request.tx.pairings.of_member(cycle.id, request.member.id):
        return None
    has_moved = await participants.has_moved(request.tx, cycle, request.member)
    return say_pairings.alone(request.voice, cycle, has_moved=has_moved)


async def compose_opening(request: Request, pairing_id: int) -> Message | None:
    """Return the first message in the chat of a pairing, or None if the pairing has changed."""
    pairing = await request.tx.pairings.get(pairing_id)
    if pairing.state is not PairingState.LIVE or request.member.id not in pairing.member_ids:
        return None
    members = await request.tx.members.many(pairing.member_ids)
    return basics.plain(
        request.voice,
        "together.here",
        people=request.voice.listing([each.given_name for each in members.values()]),
    )


async def compose_introduction(
    request: Request, pairing_id: int, *, changed: bool, gathering: Collection[str]
) -> Message | None:
    """Return the message that introduces a member's partners, or None if the pairing has changed.

    `gathering` names the platforms on which the bot can open a chat of several people.
    """
    tx, member = request.tx, request.member
    pairing = await tx.pairings.get(pairing_id)
    if pairing.state is not PairingState.LIVE or member.id not in pairing.member_ids:
        return None
    cycle = await tx.cycles.get(pairing.cycle_id)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    [shown] = await participants.read_shown(tx, cycle, [pairing])
    profiles = await tx.members.profiles(pairing.partners_of(member.id))
    may_ask = enrolment is not None and not enrolment.asked_for_another
    chat = await find_shared_chat(tx, pairing)
    return say_pairings.introduction(
        request.voice,
        shown,
        member,
        profiles,
        changed=changed,
        may_ask_for_another=may_ask,
        may_gather=chat is not None and chat.platform in gathering,
    )
