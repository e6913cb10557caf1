"""Accounts that are not connected yet: a member's second one, perhaps, and a workspace that asks to be let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.people import Address


class QuestionState(StrEnum):
    """A question to people who are connected already, and their answer."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressClaim:
    """A new address whose e-mail is a member's, and the question about it at the address where the member is known."""

    id: int
    member_id: int
    new: Address
    old: Address
    made_at: datetime
    state: QuestionState = QuestionState.ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """A workspace that asks to be linked to a school which is connected already; its leaders decide."""

    id: int
    platform: str
    workspace: str
    """As in `Address.workspace`."""
    school_id: int
    made_at: datetime
    state: QuestionState = QuestionState.ASKED
