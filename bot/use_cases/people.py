"""Roles of a member, and members by typed name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from bot.errors import UserError
from bot.model import Cycle, Member, Role
from bot.prompts import Voice
from bot.rules.spelling import DASH, folded, typed_name
from bot.use_cases.request import Request

_BETWEEN_NAMES = re.compile(rf" (?:and|with|{DASH}+) |[,;/&]|[\"\u201d] [\"\u201c]", re.IGNORECASE)


def require_role(request: Request, *roles: Role) -> None:
    """Raise `UserError` unless the member holds one of these roles in their own partnership."""
    if not any(request.member.has(role) for role in roles):
        raise UserError("not-yours" if roles == (Role.COORDINATOR,) else "not-for-you")


async def find_two_members(request: Request, cycle: Cycle, text: str) -> tuple[Member, Member]:
    """Return the two members named in a text such as `Elin Pugh and Jo Hart`; raise `UserError` if unclear."""
    parts = [part.strip() for part in _BETWEEN_NAMES.split(" ".join(text.split())) if part.strip()]
    if len(parts) != 2:
        raise UserError("who")
    enrolled = [each.member_id for each in await request.tx.cycles.enrolments(cycle.id)]
    members = list((await request.tx.members.many(enrolled)).values())
    a, b = (find_member(request.voice, members, part) for part in parts)
    if a.id == b.id:
        raise UserError("who")
    return a, b


def find_member(voice: Voice, members: Sequence[Member], text: str) -> Member:
    """Return the one member with this full, given or family name, forgiving typing errors; or raise `UserError`."""
    name = typed_name(text)
    names = {each.id: folded(each.name) for each in members}
    close = get_close_matches(name, list(names.values()), 1, 0.8)
    for matches in (
        [each for each in members if names[each.id] == name],
        [each for each in members if name in (folded(each.given_name), folded(each.family_name))],
        [each for each in members if names[each.id] in close],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UserError("which-person", name=text, names=voice.listing([each.name for each in matches]))
    raise UserError("no-such-person", name=text)
