"""The bots' tokens by platform and workspace, sealed; and installations that have begun."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import delete, func, insert, select, update

from bot.errors import StoreAway
from storage import tables as t
from storage.queries.base import Queries
from storage.secrets import NoSuchKey, Seal
from storage.store import SqlStore

log = structlog.get_logger()


class StoredTokens:
    """The tokens of one platform: the port `TokenStore`. Each call is a transaction of its own."""

    def __init__(self, store: SqlStore, seal: Seal, platform: str) -> None:
        self._store = store
        self._seal = seal
        self._platform = platform
        self._last_read: dict[str, bytes | None] = {}
        """The tokens as last read: with them we can tell people that the store is away."""

    async def save(self, workspace: str, token: str, *, name: str, now: datetime) -> None:
        """Store the token of a workspace (called `name` there) in place of an earlier one."""
        sealed = self._seal.close(token)
        async with self._store.transaction() as tx:
            await _SqlTokens(tx.connection).save(self._platform, workspace, sealed, name=name, now=now)

    async def token(self, workspace: str) -> str | None:
        """Return the token of a workspace; None if there is none, or if its key is lost."""
        try:
            async with self._store.transaction() as tx:
                found = await _SqlTokens(tx.connection).token(self._platform, workspace)
            self._last_read[workspace] = found
        except StoreAway:
            if workspace not in self._last_read:
                raise
        sealed = self._last_read[workspace]
        try:
            return None if sealed is None else self._seal.open(sealed)
        except NoSuchKey:
            log.warning("tokens.no-such-key", workspace=workspace, mend="add it to JPD_SECRET_KEYS")
            return None  # what is owed there waits until the key is back

    async def delete(self, workspace: str) -> None:
        """Delete the token of a workspace."""
        async with self._store.transaction() as tx:
            await _SqlTokens(tx.connection).delete(self._platform, workspace)

    async def newest(self, limit: int) -> tuple[tuple[str, str], ...]:
        """Return name and token of the workspaces that installed last. Raises `NoSuchKey`."""
        token = t.platform_token.c
        last = select(token.name, token.workspace, token.token).where(token.platform == self._platform)
        last = last.order_by(token.installed_at.desc(), token.workspace).limit(limit)
        async with self._store.transaction() as tx:
            rows = (await tx.connection.execute(last)).all()
        return tuple((row.name or row.workspace, self._seal.open(row.token)) for row in rows)

    async def check_keys(self) -> None:
        """Open every token. Raises `NoSuchKey`."""
        token = t.platform_token.c
        async with self._store.transaction() as tx:
            all_sealed = select(token.token).where(token.platform == self._platform)
            for each in (await tx.connection.execute(all_sealed)).scalars():
                self._seal.open(each)

    async def begin_install(self, state: str, expires_at: datetime) -> None:
        """Store a state with which somebody sets out to install."""
        async with self._store.transaction() as tx:
            row = {"fingerprint": _fingerprint(state), "expires_at": expires_at}
            await tx.connection.execute(insert(t.install_state).values(row))

    async def installs_begun(self, now: datetime) -> int:
        """Return how many states are stored that have not expired."""
        begun = select(func.count()).select_from(t.install_state).where(t.install_state.c.expires_at > now)
        async with self._store.transaction() as tx:
            return int(await tx.connection.scalar(begun) or 0)

    async def end_install(self, state: str, now: datetime) -> bool:
        """Delete a state; True if it was there and has not expired, so once at most."""
        async with self._store.transaction() as tx:
            await tx.connection.execute(delete(t.install_state).where(t.install_state.c.expires_at <= now))
            mine = delete(t.install_state).where(t.install_state.c.fingerprint == _fingerprint(state))
            return await tx.connection.scalar(mine.returning(t.install_state.c.fingerprint)) is not None


async def reseal(store: SqlStore, seal: Seal) -> int:
    """Seal every platform's tokens with the first key, and return how many. Raises `NoSuchKey`."""
    async with store.transaction() as tx:
        return await _SqlTokens(tx.connection).reseal(seal)


class _SqlTokens(Queries):
    """The queries."""

    async def save(self, platform: str, workspace: str, sealed: bytes, *, name: str, now: datetime) -> None:
        content = {"name": name, "token": sealed, "installed_at": now}
        row = self._insert(t.platform_token).values(platform=platform, workspace=workspace, **content)
        row = row.on_conflict_do_update(index_elements=["platform", "workspace"], set_=content)
        await self._connection.execute(row)

    async def token(self, platform: str, workspace: str) -> bytes | None:
        token = t.platform_token.c
        wanted = select(token.token).where(token.platform == platform, token.workspace == workspace)
        sealed: bytes | None = await self._connection.scalar(wanted)
        return sealed

    async def delete(self, platform: str, workspace: str) -> None:
        token = t.platform_token.c
        row = delete(t.platform_token).where(token.platform == platform, token.workspace == workspace)
        await self._connection.execute(row)

    async def reseal(self, seal: Seal) -> int:
        token = t.platform_token.c
        rows = (await self._connection.execute(select(t.platform_token))).all()
        for row in rows:
            same = update(t.platform_token).where(
                token.platform == row.platform, token.workspace == row.workspace
            )
            await self._connection.execute(same.values(token=seal.renew(row.token)))
        return len(rows)


def _fingerprint(state: str) -> str:
    return sha256(state.encode()).hexdigest()
