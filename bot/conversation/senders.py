"""The sender of an event: looking the member up, and answering senders who are no member."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.events import Deleted, Edited, Event, Installed, Left, Removed
from bot.message import Reply
from bot.model import Account, Member
from bot.ports import Directory, Tx
from bot.prompts import Voice
from bot.say import basics
from bot.use_cases import accounts, workspaces
from bot.use_cases.kept_files import OpenedFile


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """Facts about an event that are found out outside transactions; None: nobody has been asked yet."""

    gathers: bool = False
    """The platform lets the bot open one chat for several people."""
    email: str | None = None
    channel: tuple[Account, ...] | None = None
    file: OpenedFile | None = None


class PlatformFactNeeded(Exception):
    """Raised inside a transaction for a fact that only the platform knows; the event then starts again with it."""

    def __init__(self, channel: str = "") -> None:
        super().__init__(channel)
        self.channel = channel
        """The channel whose members are needed; empty: the sender's e-mail address is."""


async def ask_platform(
    directory: Directory, event: Event, facts: PlatformFacts, channel: str
) -> PlatformFacts:
    """Add the fact that was needed. Called outside transactions, because a platform may take its time."""
    if channel:
        return replace(facts, channel=await directory.members_of(event.sender, channel))
    return replace(facts, email=await directory.email_of(event.sender))


async def answer_workspace(tx: Tx, voice: Voice, event: Event) -> Reply | None:
    """Answer what concerns a whole workspace: an installation, or a link code. None for everything else."""
    if isinstance(event.what, Installed):
        return await workspaces.welcome(tx, voice, event.sender, event.at)
    if code := workspaces.find_code(event.what):
        return await workspaces.link(tx, voice, event.sender, code, event.at)
    return None


async def find_sender(tx: Tx, event: Event, facts: PlatformFacts) -> Member | None:
    """Return the member at this address; in a linked workspace, look up a new address by e-mail.

    An address of somebody who left may be another member's by now. Whoever is not known is remembered.
    """
    if isinstance(event.what, Removed):
        return None
    if isinstance(event.what, Left):
        await tx.accounts.forget(event.sender)
        return await tx.members.find(event.sender)
    member = await tx.members.at(event.sender, event.at)
    if member is not None and member.active:
        return member
    if not await workspaces.is_linked(tx, event.sender):
        await accounts.remember(tx, event.sender, event.at)
        return member
    if facts.email is None:
        raise PlatformFactNeeded
    return await accounts.meet(tx, event.sender, facts.email, event.at) or member


async def answer_stranger(tx: Tx, voice: Voice, event: Event) -> Reply | None:
    """Answer a sender who is no active member, and note when a workspace has removed the bot."""
    match event.what:
        case Removed():
            await workspaces.mark_removed(tx, event.sender, event.at)
            return None
        case Left() | Edited() | Deleted():
            return None
        case _:
            is_linked = await workspaces.is_linked(tx, event.sender)
            return basics.plain(voice, "error.unknown-person" if is_linked else "error.not-linked")
