"""The workspaces a partnership has let in, and the codes by which it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A Slack workspace or a Teams tenant whose people may be met: let in by a partnership's one-time code."""

    platform: str
    id: str
    """As in `Address.workspace`."""
    partnership_id: int
    school_ids: frozenset[int]
    """Whose staff may be there; nobody else's e-mail address counts in it."""
    gone_at: datetime | None = None
    """When it removed the bot; its data are erased some time later, unless it comes back."""


@dataclass(frozen=True, slots=True)
class LinkCode:
    """A one-time code that lets a workspace in for a school; only its fingerprint is kept."""

    fingerprint: str
    school_id: int
    expires_at: datetime
