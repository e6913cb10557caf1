"""Use cases on workspaces: link one by a one-time code, ask a connected school first, remove and erase it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from difflib import get_close_matches
from hashlib import sha256

from bot.errors import UserError
from bot.events import Command, Said, What
from bot.message import Message, Replacement, Reply
from bot.model import (
    Address,
    CommandName,
    DeliveryKind,
    LinkCode,
    LinkRequest,
    Member,
    Post,
    QuestionState,
    Role,
    School,
    Workspace,
)
from bot.ports import Tx
from bot.prompts import Voice
from bot.rules.spelling import folded, typed_name
from bot.say import accounts as say_accounts
from bot.say import basics
from bot.say import workspaces as say_workspaces
from bot.use_cases import accounts
from bot.use_cases.forms import parse_id
from bot.use_cases.owing import owe_outside_cycles
from bot.use_cases.people import require_role
from bot.use_cases.request import Request

CODE_LASTS = timedelta(days=7)
KEPT_AFTER_REMOVAL = timedelta(days=30)
"""The time for which the data of a workspace that removed the bot is kept, in case it comes back."""
MOST_WRONG_CODES, WRONG_CODES_COUNT = 10, timedelta(hours=1)
"""The wrong codes that a workspace may type within that time."""

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
    if Post(Role.COORDINATOR, school.id) not in member.posts:
        raise UserError("another-schools-code", school=school.name)
    code = await make_code(request.tx, school, request.now)
    return say_workspaces.code(request.voice, school.name, code, request.now + CODE_LASTS)


async def make_code(tx: Tx, school: School, now: datetime, *, asks: bool = True) -> str:
    """Store and return a new code for a school, valid for a week and for one use; only its hash is stored.

    With `asks`, the leaders of a school that is connected already are asked before the code counts.
    """
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)]
    code = "-".join(groups)
    await tx.workspaces.add_code(LinkCode(_hash_code(code), school.id, now + CODE_LASTS, asks))
    return code


async def _list_schools(request: Request, partnership_id: int) -> str:
    """Return the names of the partnership's schools as a phrase."""
    return request.voice.listing([each.name for each in await request.tx.schools.of(partnership_id)]) or "–"


def _find_school(schools: Collection[School], text: str) -> School | None:
    """Return the school with this name or roster id, small typing errors forgiven, or None."""
    name = typed_name(text)
    by_name = {folded(each.name): each for each in schools}
    by_name |= {folded(each.source_id): each for each in schools}
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


async def link(tx: Tx, voice: Voice, sender: Address, typed: str, now: datetime) -> Message:
    """Link the sender's workspace to the school of this code, whoever the sender is.

    Where the school is connected already, its leaders are asked first. Wrong codes are counted.
    """
    if await tx.accounts.wrong_codes(sender.platform, sender.workspace, now) >= MOST_WRONG_CODES:
        return basics.error(voice, UserError("too-many-codes"))
    code = await tx.workspaces.take_code(_hash_code(typed), now)
    if code is None:
        await tx.accounts.note_wrong_code(sender.platform, sender.workspace, now + WRONG_CODES_COUNT)
        return basics.error(voice, UserError("no-such-code"))
    school = await tx.schools.get(code.school_id)
    await accounts.remember(tx, sender, now)
    others = await _read_other_workspaces(tx, sender, school)
    if others and code.asks:
        await _ask_leaders(tx, sender, school, others, now)
        return say_accounts.link_requested(voice, school.name)
    await admit(tx, sender.platform, sender.workspace, [school], now, linked_by=sender.user)
    partnership = await tx.schools.partnership(school.partnership_id)
    return say_workspaces.linked(voice, school.name, partnership.name)


async def admit(
    tx: Tx,
    platform: str,
    workspace_id: str,
    schools: Collection[School],
    now: datetime,
    *,
    linked_by: str = "",
) -> None:
    """Link a workspace to schools of one partnership; raise `UserError` if it belongs to another partnership."""
    await _require_free(tx, platform, workspace_id, schools)
    for school in schools:
        await tx.workspaces.link(platform, workspace_id, school, now, linked_by=linked_by)


async def _require_free(tx: Tx, platform: str, workspace_id: str, schools: Collection[School]) -> None:
    known = await tx.workspaces.get(platform, workspace_id)
    if known is not None and any(each.partnership_id != known.partnership_id for each in schools):
        raise UserError("workspace-elsewhere")


def _hash_code(code: str) -> str:
    """Return the hash of a code; spaces, hyphens, case and letters that look like figures make no difference."""
    plain = re.sub(r"[\W_]", "", code.upper()).translate(_LOOKALIKES)
    return sha256(plain.encode()).hexdigest()


# --- a second workspace of a school -----------------------------------------------------------------------------------


async def _read_other_workspaces(tx: Tx, sender: Address, school: School) -> tuple[Workspace, ...]:
    """Return the workspaces to which the school is linked; none if the sender's is one of them."""
    linked = await tx.workspaces.of_school(school.id)
    here = (sender.platform, sender.workspace)
    return () if here in {(each.platform, each.id) for each in linked} else linked


async def _ask_leaders(
    tx: Tx, sender: Address, school: School, others: Collection[Workspace], now: datetime
) -> None:
    """Ask the school's principals and coordinators about the sender's workspace, and tell its installers."""
    await _require_free(tx, sender.platform, sender.workspace, [school])
    leaders = [each for each in await tx.members.of(school.partnership_id) if _leads(each, school.id)]
    if not leaders:
        raise UserError("nobody-to-ask", school=school.name)
    installers = [await tx.members.find(Address(each.platform, each.id, each.linked_by)) for each in others]
    told = {each.id: each for each in (*leaders, *installers) if each is not None and each.active}
    asked = await tx.accounts.request_link(
        LinkRequest(
            id=0,
            platform=sender.platform,
            workspace=sender.workspace,
            school_id=school.id,
            made_at=now,
        ),
        sender.user,
    )
    await owe_outside_cycles(
        tx,
        DeliveryKind.LINK_REQUEST,
        asked.id,
        list(told.values()),
        now,
        occurrence=now.isoformat(timespec="seconds"),
        expires_at=now + accounts.QUESTION_LASTS,
    )


def _leads(member: Member, school_id: int) -> bool:
    return any(Post(role, school_id) in member.posts for role in (Role.PRINCIPAL, Role.COORDINATOR))


async def compose_request(request: Request, request_id: int) -> Message | None:
    """Return the question about a workspace, without buttons for somebody who does not lead the school.

    None once it was answered.
    """
    asked = await request.tx.accounts.get_link_request(request_id)
    if asked is None or asked.state is not QuestionState.ASKED:
        return None
    school = await request.tx.schools.get(asked.school_id)
    return say_accounts.link_request(
        request.voice, asked.id, asked.platform, school.name, may_answer=_leads(request.member, school.id)
    )


async def let_in(request: Request, number: str) -> Reply:
    """Link the workspace that asked to the school, because somebody who leads the school says so."""
    asked, school = await _get_request(request, number)
    user = await request.tx.accounts.answer_link_request(asked.id, QuestionState.ACCEPTED)
    await admit(request.tx, asked.platform, asked.workspace, [school], request.now, linked_by=user)
    return Replacement(basics.plain(request.voice, "link-request.yes", school=school.name))


async def keep_out(request: Request, number: str) -> Reply:
    """Refuse the workspace that asked."""
    asked, school = await _get_request(request, number)
    await request.tx.accounts.answer_link_request(asked.id, QuestionState.REFUSED)
    return Replacement(basics.plain(request.voice, "link-request.no", school=school.name))


async def _get_request(request: Request, number: str) -> tuple[LinkRequest, School]:
    request_id = parse_id(number)
    asked = await request.tx.accounts.get_link_request(request_id) if request_id is not None else None
    if asked is None or not _leads(request.member, asked.school_id):
        raise UserError("not-yours")
    if asked.state is not QuestionState.ASKED:
        raise UserError("already-answered")
    return asked, await request.tx.schools.get(asked.school_id)


# --- installed and removed -------------------------------------------------------------------------------------------


async def is_linked(tx: Tx, address: Address) -> bool:
    """Return whether the address lies in a linked workspace."""
    workspace = await tx.workspaces.get(address.platform, address.workspace)
    return workspace is not None and workspace.gone_at is None


async def welcome(tx: Tx, voice: Voice, sender: Address, now: datetime) -> Message:
    """Greet a workspace that installed the bot; one that comes back finds everything as it was."""
    known = await tx.workspaces.get(sender.platform, sender.workspace)
    if await tx.members.find(sender) is None:
        await accounts.remember(tx, sender, now)
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
