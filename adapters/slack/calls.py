"""Calls to Slack with the token of a workspace, and what a refused token means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from adapters.slack.api import Api, Json
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.model import Address

log = structlog.get_logger()

REVOKED = frozenset({"account_inactive", "token_revoked"})
"""Slack's words for a token that is gone for good; all others may be a temporary state of a workspace or of Slack."""


class SlackTokens(Protocol):
    """The store of the bot's tokens."""

    async def token(self, workspace: str) -> str | None:
        """Return the token for a team or an organisation; None when the bot is not installed there."""

    async def delete(self, workspace: str) -> None:
        """Delete the token."""


async def _tell_nobody(workspace: str, reason: str) -> None:
    """Do nothing: for a messenger whose workspaces nobody watches."""


class SlackCalls:
    """Calls with the token of each workspace."""

    def __init__(
        self,
        api: Api,
        tokens: SlackTokens,
        removed: Callable[[str], Awaitable[None]],
        *,
        rests: Callable[[str, str], Awaitable[None]] = _tell_nobody,
        picture_retry_seconds: Sequence[float] = (0.5, 1, 2, 4),
    ) -> None:
        """Connect the messenger.

        `removed` is called with a workspace that has revoked our token; `rests` with one that takes nothing now and
        Slack's reason, and with no reason once it takes something. `picture_retry_seconds`: waits between tries.
        """
        self._api = api
        self._tokens = tokens
        self._removed = removed
        self._rests = rests
        self._works: set[str] = set()
        """The workspaces that have taken something since this process started, or since they rested."""
        self._picture_retry_seconds = picture_retry_seconds

    async def is_removed(self, workspace: str) -> bool:
        """Ask Slack whether our token for this workspace still works.

        If it does not, or there is no answer, delete it and return True.
        """
        token = await self._tokens.token(workspace)
        if token is not None:
            with suppress(SendError, Uncertain, Unreachable, Disconnected):
                await self._api.call("auth.test", token)
                return False
            await self._tokens.delete(workspace)
        return True

    async def _call(self, address: Address, method: str, **arguments: object) -> Json:
        token = await self._tokens.token(address.workspace)
        if token is None:
            raise Disconnected("no token")
        try:
            answer = await self._api.call(method, token, **arguments)
        except Disconnected as refused:
            # While we called, the bot may have been installed again: then the refused token is an old one.
            if await self._tokens.token(address.workspace) == token:
                await self._look_again(address.workspace, token, str(refused))
            raise
        if address.workspace not in self._works:
            self._works.add(address.workspace)
            await self._rests(address.workspace, "")
        return answer

    async def _look_again(self, workspace: str, token: str, error: str) -> None:
        """Believe that a workspace has removed the bot only if Slack says so twice; else it rests.

        A workspace that rests keeps its token, and is tried again with whatever it is owed.
        """
        if error in REVOKED and await self._is_revoked(token):
            await self._tokens.delete(workspace)
            await self._removed(workspace)
            await self._rests(workspace, "")
            return
        log.warning("slack.workspace-rests", workspace=workspace, error=error)
        self._works.discard(workspace)
        await self._rests(workspace, error)

    async def _is_revoked(self, token: str) -> bool:
        try:
            await self._api.call("auth.test", token)
        except Disconnected as refused:
            return str(refused) in REVOKED
        except (SendError, Uncertain, Unreachable):
            return False
        return False

    async def _ask(self, address: Address, method: str, **arguments: object) -> Json:
        """Make a call that changes nothing, so that a lost one can be tried again."""
        try:
            return await self._call(address, method, **arguments)
        except Uncertain as lost:
            raise SendError(lost.reason) from None
