"""Workspaces that are linked to a partnership, and the codes that link them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A Slack workspace or a Teams tenant that was linked to a partnership by a one-time code."""

    platform: str
    id: str
    """As in `Address.workspace`."""
    partnership_id: int
    school_ids: frozenset[int]
    """The schools whose staff are looked up by e-mail address in this workspace."""
    linked_by: str = ""
    """The user, as in `Address.user`, who typed the code; empty where the operator linked it."""
    gone_at: datetime | None = None
    """The time at which it removed the bot; its data are erased later, unless it installs the bot again."""


@dataclass(frozen=True, slots=True)
class LinkCode:
    """A one-time code that links a workspace to a school; only its fingerprint is stored."""

    fingerprint: str
    school_id: int
    expires_at: datetime
    asks: bool = True
    """False: the operator answers for it, so that the leaders of a connected school are not asked."""
