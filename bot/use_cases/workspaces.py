"""Use cases on workspaces: link one by a one-time code, connect its people, remove and erase it."""

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
"""The time for which the data of a workspace that removed the bot is kept, in case it comes back."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32 has no letters that look like figures
_GROUPS, _GROUP_LENGTH = 3, 4  # 60 bits: nobody can guess a code within a week
_CODE = re.compile(r"\s*/?(?:jpd\s+)?link\s+([\w-]{1,40})\s*", re.IGNORECASE)
_LOOKALIKES = str.maketrans("OIL", "011")


# --- codes and links -------------------------------------------------------------------------------------------------


async def add_school(request: Request, text: str) -> Message:
    """Return a code that links a school's own workspace to the partnership, for `school add Hillcrest`."""
    require_role(request, Role.COORDINATOR)
    member = request.member
    parts = text.split(maxsplit=1)
    if len(parts) < 2 or parts[0].casefold() != "add":
        raise UserError("which-school", schools=await _list_schools(request, member.partnership_id))
    school = _find_school(await request.tx.schools.of(member.partnership_id), parts[1])
    if school is None:
        schools = await _list_schools(request, member.partnership_id)
        raise UserError("no-such-school", name=parts[1], schools=schools)
    code = await make_code(request.tx, school, request.now)
    return say_workspaces.code(request.voice, school.name, code, request.now + CODE_LASTS)


async def make_code(tx: Tx, school: School, now: datetime) -> str:
    """Store and return a new code for a school, valid for a week and for one use; only its hash is stored."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)]
    code = "-".join(groups)
    await tx.workspaces.add_code(LinkCode(_hash_code(code), school.id, now + CODE_LASTS))
    return code


async def _list_schools(request: Request, partnership_id: int) -> str:
    """Return the names of the partnership's schools as a phrase."""
    return request.voice.listing([each.name for each in await request.tx.schools.of(partnership_id)]) or "–"


def _find_school(schools: Collection[School], text: str) -> School | None:
    """Return the school with this name or roster id, small typing errors forgiven, or None."""
    name = " ".join(text.split()).casefold()
    by_name = {each.name.casefold(): each for each in schools}
    by_name |= {each.source_id.casefold(): each for each in schools}
    close = get_close_matches(name, list(by_name), 1, 0.8)
    return by_name[close[0]] if close else None


def find_code(what: What) -> str | None:
    """Return the code in `link K7QF-2M9P-XR40`, however it was typed, or None."""
    match what:
        case Command(text) | Said(text):
            found = _CODE.fullmatch(text)
            return found[1] if found else None
        case _:
            return None


async def link(tx: Tx, voice: Voice, sender: Address, code: str, now: datetime) -> Message:
    """Link the sender's workspace to the school of this code, whoever the sender is."""
    school_id = await tx.workspaces.take_code(_hash_code(code), now)
    if school_id is None:
        raise UserError("no-such-code")
    school = await tx.schools.get(school_id)
    await admit(tx, sender.platform, sender.workspace, [school], now)
    partnership = await tx.schools.partnership(school.partnership_id)
    return say_workspaces.linked(voice, school.name, partnership.name)


async def admit(tx: Tx, platform: str, workspace_id: str, schools: Collection[School], now: datetime) -> None:
    """Link a workspace to schools of one partnership; raise `UserError` if it belongs to another partnership."""
    known = await tx.workspaces.get(platform, workspace_id)
    if known is not None and any(each.partnership_id != known.partnership_id for each in schools):
        raise UserError("workspace-elsewhere")
    for school in schools:
        await tx.workspaces.link(platform, workspace_id, school, now)


def _hash_code(code: str) -> str:
    """Return the hash of a code; spaces, hyphens, case and letters that look like figures make no difference."""
    plain = re.sub(r"[\W_]", "", code.upper()).translate(_LOOKALIKES)
    return sha256(plain.encode()).hexdigest()


# --- people of a workspace -------------------------------------------------------------------------------------------


async def connect_by_email(tx: Tx, address: Address, email: str, now: datetime) -> Member | None:
    """Return the member with this e-mail at one of the workspace's schools, and store their address; or None."""
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    member = await _find_staff(tx, workspace, email) if workspace and workspace.gone_at is None else None
    if member is not None:
        await tx.members.connect(address, member.id, now)
        await tx.deliveries.make_due(member.id, now)
    return member


async def _find_staff(tx: Tx, workspace: Workspace, email: str) -> Member | None:
    """Return the one member with this e-mail at the workspace's schools, or None."""
    found = [
        each
        for each in await tx.members.by_email(email)
        if each.partnership_id == workspace.partnership_id
        and any(post.school_id in workspace.school_ids for post in each.posts)
    ]
    return found[0] if len(found) == 1 else None


async def connect_all(tx: Tx, accounts: Collection[Account], now: datetime) -> tuple[Member, ...]:
    """Return the active members among these accounts, and store their addresses."""
    members = [
        await tx.members.at(each.address, now) or await connect_by_email(tx, each.address, each.email, now)
        for each in accounts
    ]
    return tuple(each for each in members if each is not None and each.active)


async def is_linked(tx: Tx, address: Address) -> bool:
    """Return whether the address lies in a linked workspace."""
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    return workspace is not None and workspace.gone_at is None


async def read_workspaces_of(tx: Tx, member: Member) -> tuple[Workspace, ...]:
    """Return the workspaces in which a member without an address may be found."""
    schools = sorted({post.school_id for post in member.posts})
    found = [each for school_id in schools for each in await tx.workspaces.of_school(school_id)]
    return tuple({(each.platform, each.id): each for each in found}.values())


# --- installed and removed -------------------------------------------------------------------------------------------


async def welcome(tx: Tx, voice: Voice, sender: Address, now: datetime) -> Message:
    """Greet a workspace that installed the bot; one that comes back finds everything as it was."""
    known = await tx.workspaces.get(sender.platform, sender.workspace)
    if known is None:
        return basics.plain(voice, "workspace.installed")
    await tx.workspaces.come_back(sender.platform, sender.workspace, now)
    return basics.plain(voice, "workspace.back", basics.runs(voice, "button.help", CommandName.HELP))


async def mark_removed(tx: Tx, sender: Address, now: datetime) -> None:
    """Send nothing more to a workspace that removed the bot."""
    await tx.workspaces.leave(sender.platform, sender.workspace, now)


async def erase_removed(tx: Tx, now: datetime) -> int:
    """Erase the data of workspaces that removed the bot and did not come back; return how many."""
    return await tx.workspaces.erase_gone(now - KEPT_AFTER_REMOVAL)
