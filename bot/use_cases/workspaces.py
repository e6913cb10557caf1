"""Use cases on workspaces: let one in by a one-time code, meet its people, and what follows when it removes the bot."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from difflib import get_close_matches
from hashlib import sha256

from bot.errors import UserError
from bot.events import Command, Said, What
from bot.message import Message
from bot.model import Account, Address, CommandName, LinkCode, Member, Role, School, Workspace
from bot.ports import Tx
from bot.prompts import Voice
from bot.say import basics
from bot.say import workspaces as say_workspaces
from bot.use_cases.people import require_role
from bot.use_cases.request import Request

CODE_LASTS = timedelta(days=7)
KEPT_AFTER_REMOVAL = timedelta(days=30)
"""How long a workspace that removed the bot may come back to what was; then what came from it is erased."""

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter is taken for a figure
_GROUPS, _GROUP = 3, 4  # 60 bits: nobody guesses one within a week
_CODE = re.compile(r"\s*/?(?:jpd\s+)?link\s+([\w-]{1,40})\s*", re.IGNORECASE)
_TAKEN_FOR = str.maketrans("OIL", "011")


# --- letting in -----------------------------------------------------------------------------------------------------


async def add_school(request: Request, text: str) -> Message:
    """`school add Hillcrest`: a code by which that school's own workspace joins the partnership."""
    require_role(request, Role.COORDINATOR)
    member = request.member
    named = text.split(maxsplit=1)
    if len(named) < 2 or named[0].casefold() != "add":
        raise UserError("which-school", schools=await _list_schools(request, member.partnership_id))
    school = _find_school(await request.tx.schools.of(member.partnership_id), named[1])
    if school is None:
        schools = await _list_schools(request, member.partnership_id)
        raise UserError("no-such-school", name=named[1], schools=schools)
    code = await make_code(request.tx, school, request.now)
    return say_workspaces.code(request.voice, school.name, code, request.now + CODE_LASTS)


async def make_code(tx: Tx, school: School, now: datetime) -> str:
    """A new code for a school, valid for a week and once; nobody can read it from the store."""
    groups = ["".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS)]
    code = "-".join(groups)
    await tx.workspaces.add_code(LinkCode(_hash_code(code), school.id, now + CODE_LASTS))
    return code


async def _list_schools(request: Request, partnership_id: int) -> str:
    return request.voice.listing([each.name for each in await request.tx.schools.of(partnership_id)]) or "–"


def _find_school(schools: Collection[School], text: str) -> School | None:
    wanted = " ".join(text.split()).casefold()
    by_name = {each.name.casefold(): each for each in schools}
    by_name |= {each.source_id.casefold(): each for each in schools}
    close = get_close_matches(wanted, list(by_name), 1, 0.8)
    return by_name[close[0]] if close else None


def find_code(what: What) -> str | None:
    """The code of `link K7QF-2M9P-XR40`, typed in whatever way; None for everything else."""
    match what:
        case Command(text) | Said(text):
            found = _CODE.fullmatch(text)
            return found[1] if found else None
        case _:
            return None


async def link(tx: Tx, voice: Voice, sender: Address, code: str, now: datetime) -> Message:
    """Let the sender's workspace in for the school of that code: whoever holds the code may."""
    school_id = await tx.workspaces.take_code(_hash_code(code), now)
    if school_id is None:
        raise UserError("no-such-code")
    school = await tx.schools.get(school_id)
    await admit(tx, sender.platform, sender.workspace, [school], now)
    partnership = await tx.schools.partnership(school.partnership_id)
    return say_workspaces.linked(voice, school.name, partnership.name)


async def admit(tx: Tx, platform: str, workspace_id: str, schools: Collection[School], now: datetime) -> None:
    """Let a workspace in for schools of one partnership. Raises `UserError` where it belongs to another."""
    known = await tx.workspaces.get(platform, workspace_id)
    if known is not None and any(each.partnership_id != known.partnership_id for each in schools):
        raise UserError("workspace-elsewhere")
    for school in schools:
        await tx.workspaces.link(platform, workspace_id, school, now)


def _hash_code(code: str) -> str:
    """However it was typed: spaces, hyphens and case don't matter, nor letters that look like figures."""
    plain = re.sub(r"[\W_]", "", code.upper()).translate(_TAKEN_FOR)
    return sha256(plain.encode()).hexdigest()


# --- its people -----------------------------------------------------------------------------------------------------


async def connect_by_email(tx: Tx, address: Address, email: str, now: datetime) -> Member | None:
    """Who that is, by e-mail, among the staff of the schools the workspace was let in for; keeps their address."""
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    member = await _find_staff(tx, workspace, email) if workspace and workspace.gone_at is None else None
    if member is not None:
        await tx.members.connect(address, member.id, now)
        await tx.deliveries.hurry(member.id, now)
    return member


async def _find_staff(tx: Tx, workspace: Workspace, email: str) -> Member | None:
    found = [
        each
        for each in await tx.members.by_email(email)
        if each.partnership_id == workspace.partnership_id
        and any(post.school_id in workspace.school_ids for post in each.posts)
    ]
    return found[0] if len(found) == 1 else None


async def connect_all(tx: Tx, accounts: Collection[Account], now: datetime) -> tuple[Member, ...]:
    """Those of the accounts who are on the roster."""
    met = [
        await tx.members.at(each.address, now) or await connect_by_email(tx, each.address, each.email, now)
        for each in accounts
    ]
    return tuple(each for each in met if each is not None and each.active)


async def is_linked(tx: Tx, address: Address) -> bool:
    """Whether the address lies in a workspace that was let in."""
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    return workspace is not None and workspace.gone_at is None


async def read_workspaces_of(tx: Tx, member: Member) -> tuple[Workspace, ...]:
    """The workspaces in which somebody without an address may be found."""
    schools = sorted({post.school_id for post in member.posts})
    found = [each for school_id in schools for each in await tx.workspaces.of_school(school_id)]
    return tuple({(each.platform, each.id): each for each in found}.values())


# --- coming and going -----------------------------------------------------------------------------------------------


async def welcome(tx: Tx, voice: Voice, sender: Address, now: datetime) -> Message:
    """What was before comes back; who is new is told how to go on."""
    known = await tx.workspaces.get(sender.platform, sender.workspace)
    if known is None:
        return basics.plain(voice, "workspace.installed")
    await tx.workspaces.come_back(sender.platform, sender.workspace, now)
    return basics.plain(voice, "workspace.back", basics.runs(voice, "button.help", CommandName.HELP))


async def mark_removed(tx: Tx, sender: Address, now: datetime) -> None:
    """Nothing is sent there from now on."""
    await tx.workspaces.leave(sender.platform, sender.workspace, now)


async def erase_removed(tx: Tx, now: datetime) -> int:
    """Erase what came from workspaces that removed the bot and did not come back; how many."""
    return await tx.workspaces.erase_gone(now - KEPT_AFTER_REMOVAL)
