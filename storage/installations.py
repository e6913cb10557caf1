"""What installing on Slack leaves behind: a sealed token an installation, and who is on the way through it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import structlog
from sqlalchemy import ColumnElement, and_, delete, insert, literal, or_, select, update

from bot.errors import StoreAway
from storage import tables as t
from storage.queries.base import Queries
from storage.secrets import NoSuchKey, Seal
from storage.store import SqlStore

log = structlog.get_logger()


class StoredInstallations:
    """Tokens by workspace: a team's, or a whole organisation's. Each call is a transaction of its own."""

    def __init__(self, store: SqlStore, seal: Seal) -> None:
        self._store = store
        self._seal = seal
        self._known: dict[str, bytes | None] = {}
        """As it was read last, for when the store is away: so that somebody can be told that it is."""

    async def save(
        self, *, enterprise: str, team: str, name: str, bot: str, scopes: str, token: str, now: datetime
    ) -> None:
        """Keep an installation, in place of an earlier one."""
        kept = {
            "name": name,
            "bot": bot,
            "scopes": scopes,
            "token": self._seal.close(token),
            "installed_at": now,
        }
        async with self._store.transaction() as tx:
            await _SqlInstallations(tx.connection).save(enterprise, team, kept)

    async def token(self, workspace: str) -> str | None:
        """The bot's token in a team or an organisation; one that was sealed with a lost key is none."""
        try:
            async with self._store.transaction() as tx:
                self._known[workspace] = await _SqlInstallations(tx.connection).token(workspace)
        except StoreAway:
            if workspace not in self._known:
                raise
        sealed = self._known[workspace]
        try:
            return None if sealed is None else self._seal.open(sealed)
        except NoSuchKey:
            log.warning("installations.no-such-key", workspace=workspace, mend="add it to JPD_SECRET_KEYS")
            return None  # what is owed there waits until the key is back

    async def drop(self, workspace: str) -> None:
        """Forget the token."""
        async with self._store.transaction() as tx:
            await _SqlInstallations(tx.connection).drop(workspace)

    async def begin(self, state: str, expires_at: datetime) -> None:
        """Somebody sets out to install; `state` proves later that it is the same person."""
        async with self._store.transaction() as tx:
            row = {"fingerprint": _fingerprint(state), "expires_at": expires_at}
            await tx.connection.execute(insert(t.slack_state).values(row))

    async def end(self, state: str, now: datetime) -> bool:
        """Whether somebody set out with that state and is back in time; once."""
        async with self._store.transaction() as tx:
            await tx.connection.execute(delete(t.slack_state).where(t.slack_state.c.expires_at <= now))
            mine = delete(t.slack_state).where(t.slack_state.c.fingerprint == _fingerprint(state))
            return await tx.connection.scalar(mine.returning(t.slack_state.c.fingerprint)) is not None

    async def rotate(self) -> int:
        """Seal every token with the first key, so that the others may go; how many. Raises `NoSuchKey`."""
        async with self._store.transaction() as tx:
            return await _SqlInstallations(tx.connection).reseal(self._seal)

    async def newest(self, limit: int) -> tuple[tuple[str, str], ...]:
        """Name and token of each that was installed last, up to so many. Raises `NoSuchKey`."""
        installed = t.slack_installation.c
        last = select(installed.name, installed.team, installed.enterprise, installed.token)
        last = last.order_by(installed.installed_at.desc(), installed.enterprise, installed.team).limit(limit)
        async with self._store.transaction() as tx:
            rows = (await tx.connection.execute(last)).all()
        return tuple((row.name or row.team or row.enterprise, self._seal.open(row.token)) for row in rows)

    async def try_keys(self) -> None:
        """Open every token, and forget what it is. Raises `NoSuchKey`."""
        async with self._store.transaction() as tx:
            sealed = (await tx.connection.execute(select(t.slack_installation.c.token))).scalars()
            for each in sealed:
                self._seal.open(each)


class _SqlInstallations(Queries):
    """The queries."""

    async def save(self, enterprise: str, team: str, kept: dict[str, object]) -> None:
        row = self._insert(t.slack_installation).values(enterprise=enterprise, team=team, **kept)
        keys = ["enterprise", "team"]
        if team:  # it may have moved into an organisation, or out of one
            elsewhere = t.slack_installation.c.enterprise != enterprise
            before = delete(t.slack_installation).where(t.slack_installation.c.team == team, elsewhere)
            await self._connection.execute(before)
        await self._connection.execute(row.on_conflict_do_update(index_elements=keys, set_=kept))

    async def token(self, workspace: str) -> bytes | None:
        sealed: bytes | None = await self._connection.scalar(
            select(t.slack_installation.c.token).where(_is(workspace))
        )
        return sealed

    async def drop(self, workspace: str) -> None:
        await self._connection.execute(delete(t.slack_installation).where(_is(workspace)))

    async def reseal(self, seal: Seal) -> int:
        rows = (await self._connection.execute(select(t.slack_installation))).all()
        for row in rows:
            same = update(t.slack_installation).where(
                t.slack_installation.c.enterprise == row.enterprise, t.slack_installation.c.team == row.team
            )
            await self._connection.execute(same.values(token=seal.renew(row.token)))
        return len(rows)


def _is(workspace: str) -> ColumnElement[bool]:
    """A team's installation; or the one of an organisation, which has no team. No workspace has none."""
    installed = t.slack_installation.c
    wide = and_(installed.team == "", installed.enterprise == workspace)
    return and_(or_(installed.team == workspace, wide), literal(workspace) != "")


def _fingerprint(state: str) -> str:
    return sha256(state.encode()).hexdigest()
