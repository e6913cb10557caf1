"""Use cases on accounts: meet people by e-mail, ask at the known address before a second one counts, remember others.

An e-mail address is what a workspace says of somebody, so alone it never moves a person who can be reached already.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.errors import UserError
from bot.message import Message, Replacement, Reply
from bot.model import (
    Account,
    Address,
    AddressClaim,
    AddressStanding,
    Delivery,
    DeliveryKind,
    Member,
    QuestionState,
    Workspace,
)
from bot.ports import Tx
from bot.say import accounts as say_accounts
from bot.say import basics
from bot.use_cases.forms import parse_id
from bot.use_cases.reports import STRANGER, report
from bot.use_cases.request import Request

REMEMBERED = timedelta(days=30)
"""The time for which the address of somebody who is no member is kept, in case they become one."""
QUESTION_LASTS = timedelta(days=30)
"""The time for which somebody can answer a question about a new address or workspace."""
BLOCKS_BELIEVED = 2
"""The days in a row after which an address that takes nothing can't be asked any more."""
MAIL_PROVIDERS = frozenset(
    {
        "aol.com", "btinternet.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.co.uk",
        "hotmail.com", "icloud.com", "live.co.uk", "live.com", "mac.com", "mail.com", "me.com", "msn.com",
        "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "sky.com",  "xtra.co.nz",
        "yahoo.co.uk", "yahoo.com", "yandex.com", "zoho.com",
    }
)  # fmt: skip
"""The domains at which anybody gets an address: no school's own."""


# --- meeting ---------------------------------------------------------------------------------------------------------


async def meet(tx: Tx, address: Address, email: str, now: datetime) -> Member | None:
    """Return the member with this e-mail at the workspace's schools, and store their address.

    Somebody who can be reached elsewhere is asked there first; until they say yes, whoever is here is a stranger.
    """
    member = await _find_staff(tx, await tx.workspaces.get(address.platform, address.workspace), email)
    if member is not None and await _connect_or_ask(tx, member, address, now):
        return member
    await remember(tx, address, now, is_asked=True)
    return None


async def meet_all(tx: Tx, accounts: Collection[Account], now: datetime) -> tuple[Member, ...]:
    """Return the active members among these accounts; connect those who can be reached nowhere yet."""
    found = []
    for each in accounts:
        member = await tx.members.find(each.address)
        if member is None or not member.active:
            workspace = await tx.workspaces.get(each.address.platform, each.address.workspace)
            member = await _find_staff(tx, workspace, each.email)
            if member is not None:
                await _connect_or_ask(tx, member, each.address, now)
        if member is not None and member.active:
            found.append(member)
    return tuple(found)


async def connect_found(tx: Tx, member: Member, address: Address, now: datetime) -> bool:
    """Connect a member with an account that a directory found by their e-mail; return whether it is theirs now."""
    there = await tx.members.find(address)
    if there is not None and there.active and there.id != member.id:
        return False  # somebody else writes from there, whatever the directory says
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    found = await _find_staff(tx, workspace, member.email)
    return found is not None and found.id == member.id and await _connect_or_ask(tx, member, address, now)


async def remember(tx: Tx, address: Address, now: datetime, *, is_asked: bool = False) -> None:
    """Remember where somebody is who is no member yet, to meet them once they are; nothing else is kept.

    `is_asked`: the directory was asked for their e-mail just now, so not again before the next roster.
    """
    if address.user:
        await tx.accounts.remember(address, None if is_asked else now, now + REMEMBERED)


async def read_workspaces_of(tx: Tx, member: Member) -> tuple[Workspace, ...]:
    """Return the workspaces in which a member without an address may be found."""
    schools = sorted({post.school_id for post in member.posts})
    found = [each for school_id in schools for each in await tx.workspaces.of_school(school_id)]
    return tuple({(each.platform, each.id): each for each in found}.values())


async def _find_staff(tx: Tx, workspace: Workspace | None, email: str) -> Member | None:
    """Return the one member with this e-mail whom the workspace may meet, or None."""
    if workspace is None or workspace.gone_at is not None:
        return None
    found = [
        each
        for each in await tx.members.by_email(email)
        if each.partnership_id == workspace.partnership_id
        and any(post.school_id in workspace.school_ids for post in each.posts)
    ]
    if len(found) != 1 or not await _is_at_home(tx, workspace, found[0]):
        return None
    return found[0]


async def _is_at_home(tx: Tx, workspace: Workspace, member: Member) -> bool:
    """Return whether the member's home school is the workspace's, or their e-mail is at a domain of its own.

    Otherwise a workspace of one school could speak for somebody who belongs to another and only helps out here.
    """
    if member.home_school_id in workspace.school_ids:
        return True
    own = await tx.members.home_domains(workspace.school_ids) - MAIL_PROVIDERS
    return member.email.rpartition("@")[2] in own


async def _connect_or_ask(tx: Tx, member: Member, address: Address, now: datetime) -> bool:
    """Connect the address if the member can be reached nowhere else; otherwise ask where they can. Return the first."""
    known = [each for each in await tx.members.addresses_of(member.id) if each.address != address]
    asked = next((each for each in known if _can_answer(each)), None)
    if asked is not None:
        await _ask(tx, member, address, asked.address, now, QuestionState.ASKED)
        return False
    await _connect(tx, member, address, now)
    if known:  # it hears of the new one when it comes back
        await _ask(tx, member, address, known[0].address, now, QuestionState.ACCEPTED)
    return True


def _can_answer(known: AddressStanding) -> bool:
    return known.live and known.blocked_times < BLOCKS_BELIEVED


async def _connect(tx: Tx, member: Member, address: Address, now: datetime) -> None:
    await tx.members.connect(address, member.id, now)
    await tx.accounts.forget(address)
    await tx.deliveries.make_due(member.id, now)


async def _ask(
    tx: Tx, member: Member, new: Address, old: Address, now: datetime, state: QuestionState
) -> None:
    claim = AddressClaim(id=0, member_id=member.id, new=new, old=old, made_at=now, state=state)
    claim = await tx.accounts.claim(claim)
    if claim.state is not QuestionState.REFUSED:
        await tx.deliveries.owe(
            [
                Delivery(
                    id=0,
                    partnership_id=member.partnership_id,
                    cycle_id=None,
                    member_id=member.id,
                    kind=DeliveryKind.NEW_ADDRESS,
                    subject_id=claim.id,
                    due_at=now,
                    expires_at=claim.made_at + QUESTION_LASTS,
                )
            ]
        )


# --- is this you, too? -----------------------------------------------------------------------------------------------


async def compose_question(request: Request, claim_id: int) -> Message | None:
    """Return the question about a new address, or the news of one; None once it was answered or has gone."""
    claim = await request.tx.accounts.get_claim(claim_id)
    if claim is None or claim.state is QuestionState.REFUSED:
        return None
    is_news = claim.state is QuestionState.ACCEPTED
    return say_accounts.new_address(request.voice, claim.id, claim.new.platform, is_news=is_news)


async def find_asked_address(tx: Tx, claim_id: int) -> Address | None:
    """Return the address at which a claim is asked about, as it is reached now."""
    claim = await tx.accounts.get_claim(claim_id)
    if claim is None:
        return None
    known = [each.address for each in await tx.members.addresses_of(claim.member_id)]
    return next((each for each in known if each == claim.old), None)


async def accept_address(request: Request, number: str) -> Reply:
    """Connect the new address, because the member says at the known one that it is theirs."""
    claim = await _get_claim(request, number)
    if claim.state is QuestionState.REFUSED:
        raise UserError("already-answered")
    if claim.state is QuestionState.ASKED:
        await request.tx.accounts.answer_claim(claim.id, QuestionState.ACCEPTED)
        # A moment later than this press at the known address, so that the new one is where they were last.
        await _connect(request.tx, request.member, claim.new, request.now + timedelta(seconds=1))
    there = say_accounts.platform_name(request.voice, claim.new.platform)
    return Replacement(basics.plain(request.voice, "new-address.yes", platform=there))


async def refuse_address(request: Request, number: str) -> Reply:
    """Keep the new address out, or disconnect it if it was connected, and let the coordinators know."""
    claim = await _get_claim(request, number)
    if claim.state is not QuestionState.REFUSED:
        await request.tx.accounts.answer_claim(claim.id, QuestionState.REFUSED)
        there = await request.tx.members.find(claim.new)
        if there is not None and there.id == request.member.id:
            await request.tx.members.remove_address(claim.new)
        await report(request.tx, request.member, STRANGER, request.now)
    return Replacement(basics.plain(request.voice, "new-address.no"))


async def _get_claim(request: Request, number: str) -> AddressClaim:
    claim_id = parse_id(number)
    claim = await request.tx.accounts.get_claim(claim_id) if claim_id is not None else None
    if claim is None or claim.member_id != request.member.id:
        raise UserError("already-answered")
    return claim
