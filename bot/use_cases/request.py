"""The context that a use case is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Member
from bot.ports import Tx
from bot.prompts import Voice


@dataclass(frozen=True, slots=True)
class Request:
    """One member's turn in one transaction: the transaction, the member's language, the member, and the time."""

    tx: Tx
    voice: Voice
    member: Member
    now: datetime
    hold: timedelta = timedelta()
    """How long typed text waits before it goes to somebody else."""
    message: str | None = None
    """The platform's reference to the chat message that is answered; None where the member typed none."""
