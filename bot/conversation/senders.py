"""Who sent an event, as far as we and their platform know; and what a whole workspace does, rather than a member."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.events import Event, Installed, Left, Removed
from bot.message import Reply
from bot.model import Account, Member
from bot.ports import Directory, Tx
from bot.prompts import Voice
from bot.say import basics
from bot.use_cases import workspaces


@dataclass(frozen=True, slots=True)
class Known:
    """What a platform has told so far about an event: None is not asked yet."""

    gathers: bool = False
    email: str | None = None
    channel: tuple[Account, ...] | None = None


class Unknown(Exception):
    """What only the platform can tell. The transaction is given up, and the event begins again when it has told."""

    def __init__(self, channel: str = "") -> None:
        super().__init__(channel)
        self.channel = channel
        """Whose members; or, empty, the sender's e-mail address."""


async def asked(directory: Directory, event: Event, known: Known, channel: str) -> Known:
    """With what was unknown; no transaction is open while the platform is asked."""
    if channel:
        return replace(known, channel=await directory.members_of(event.sender, channel))
    return replace(known, email=await directory.email_of(event.sender))


async def of_a_workspace(tx: Tx, voice: Voice, event: Event) -> Reply | None:
    """What a workspace does, rather than a member: whoever holds a code may let it in."""
    if isinstance(event.what, Installed):
        return await workspaces.welcome(tx, voice, event.sender, event.at)
    if code := workspaces.find_code(event.what):
        return await workspaces.link(tx, voice, event.sender, code, event.at)
    return None


async def sender(tx: Tx, event: Event, known: Known) -> Member | None:
    """Who that is; whoever is new in a workspace that was let in is looked for by e-mail."""
    if isinstance(event.what, Removed):
        return None
    member = await tx.members.at(event.sender, event.at)
    if member is not None or isinstance(event.what, Left):
        return member
    if known.email is None:
        if await workspaces.is_linked(tx, event.sender):
            raise Unknown
        return None
    return await workspaces.connect_by_email(tx, event.sender, known.email, event.at)


async def to_a_stranger(tx: Tx, voice: Voice, event: Event) -> Reply | None:
    match event.what:
        case Removed():
            await workspaces.mark_removed(tx, event.sender, event.at)
            return None
        case Left():
            return None
        case _:
            is_linked = await workspaces.is_linked(tx, event.sender)
            return basics.plain(voice, "error.unknown-person" if is_linked else "error.not-linked")
