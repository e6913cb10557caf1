"""Queries about members, their profiles and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Address, AddressStanding, Hours, Member, Profile, Role
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries import erasure
from storage.queries.base import Queries, batches, columns, values
from storage.queries.delivery_statements import make_due
from storage.queries.rows import hours_columns, member_from, profile_from
from storage.secrets import NoSuchKey, Seal

_MEMBERS_AND_POSTS = (
    select(t.member, t.post.c.role, t.post.c.school_id)
    .join_from(t.member, t.post, isouter=True)
    .order_by(t.member.c.id, t.post.c.position)
)
LATER_DAY, IN_A_ROW = timedelta(hours=12), timedelta(days=7)
"""Two blocks count as two days if they are so far apart, and as days in a row if they are no further apart."""


class SqlMembers(Queries):
    """Queries about members, their profiles and addresses; each member is read once in a transaction."""

    def __init__(self, connection: AsyncConnection, seal: Seal) -> None:
        super().__init__(connection)
        self._seal = seal
        self._known: dict[int, Member] = {}

    async def get(self, member_id: int) -> Member:
        found = await self.many([member_id])
        if not found:
            raise LookupError("there is no such Member")
        return found[member_id]

    async def many(self, member_ids: Collection[int]) -> Mapping[int, Member]:
        wanted = set(member_ids)
        for ids in batches(wanted - self._known.keys()):
            self._known |= {each.id: each for each in await self._members(t.member.c.id.in_(ids))}
        return {each: self._known[each] for each in sorted(wanted & self._known.keys())}

    def remember(self, members: Iterable[Member]) -> None:
        """Take members that another query of this transaction has read."""
        self._known.update((each.id, each) for each in members)

    async def of(self, partnership_id: int) -> tuple[Member, ...]:
        """Return the active members by family name."""
        return _by_name(
            await self._members(and_(t.member.c.partnership_id == partnership_id, t.member.c.active))
        )

    async def at(self, address: Address, now: datetime) -> Member | None:
        """Return the member at an address, and store its newest `route` and when it was used."""
        used: dict[str, Any] = {"last_used_at": now}
        if address.route:
            used["route"] = address.route
        seen = update(t.address).where(_is(address)).values(used)
        seen = seen.returning(t.address.c.member_id, t.address.c.live, t.address.c.blocked_times)
        row = (await self._connection.execute(seen)).one_or_none()
        if row is None:
            return None
        if not row.live or row.blocked_times:
            works = {"live": True, "blocked_times": 0, "blocked_at": None}
            await self._connection.execute(update(t.address).where(_is(address)).values(works))
            await make_due(self._connection, t.delivery.c.member_id == row.member_id, now)
        return await self.get(row.member_id)

    async def find(self, address: Address) -> Member | None:
        found = select(t.address.c.member_id).where(_is(address))
        member_id = await self._connection.scalar(found)
        return None if member_id is None else await self.get(member_id)

    async def by_email(self, email: str) -> tuple[Member, ...]:
        """Return the active members with that e-mail address, in upper or lower case."""
        wanted = email.strip().lower()
        if not wanted:
            return ()
        return _by_name(await self._members(and_(t.member.c.email == wanted, t.member.c.active)))

    async def connect(self, address: Address, member_id: int, now: datetime) -> None:
        """Store an address, or move it to another member."""
        known = {
            "member_id": member_id,
            "last_used_at": now,
            "live": True,
            "blocked_times": 0,
            "blocked_at": None,
        }
        if address.route:
            known["route"] = address.route
        row = self._insert(t.address).values({**values(address), **known})
        keys = list(t.address.primary_key)
        await self._connection.execute(row.on_conflict_do_update(index_elements=keys, set_=known))

    async def disconnect(self, address: Address, now: datetime) -> None:
        """Mark an address as not working until it is connected again."""
        await self._connection.execute(
            update(t.address).where(_is(address)).values(live=False, last_used_at=now)
        )

    async def note_block(self, address: Address, now: datetime) -> int:
        """Count a day on which the address took nothing; those in a row are at most a week apart."""
        row = (
            await self._connection.execute(
                select(t.address.c.blocked_times, t.address.c.blocked_at)
                .where(_is(address))
                .with_for_update()
            )
        ).one_or_none()
        if row is None or (row.blocked_at is not None and now - row.blocked_at < LATER_DAY):
            return 0  # the same day counts once
        is_in_a_row = row.blocked_at is not None and now - row.blocked_at < IN_A_ROW
        times = row.blocked_times + 1 if is_in_a_row else 1
        counted = update(t.address).where(_is(address)).values(blocked_times=times, blocked_at=now)
        await self._connection.execute(counted)
        return int(times)

    async def remove_address(self, address: Address) -> None:
        await self._connection.execute(delete(t.address).where(_is(address)))

    async def addresses_of(self, member_id: int) -> tuple[AddressStanding, ...]:
        """Return all addresses, the last used first."""
        known = select(*columns(t.address, Address), t.address.c.live, t.address.c.blocked_times)
        known = known.where(t.address.c.member_id == member_id)
        rows = await self._connection.execute(
            known.order_by(t.address.c.last_used_at.desc(), t.address.c.platform)
        )
        return tuple(
            AddressStanding(
                Address(row.platform, row.workspace, row.user, row.route), row.live, row.blocked_times
            )
            for row in rows
        )

    async def home_domains(self, school_ids: Collection[int]) -> frozenset[str]:
        """Return the domains in the e-mail addresses of those whose first post is at these schools."""
        at_home = select(t.member.c.email).join(t.post, t.post.c.member_id == t.member.c.id)
        at_home = at_home.where(
            t.post.c.position == 0, t.post.c.school_id.in_(sorted(school_ids)), t.member.c.active
        )
        emails = (await self._connection.execute(at_home)).scalars()
        return frozenset(domain for each in emails if (domain := each.rpartition("@")[2]))

    async def home_schools_of_teachers(self, partnership_id: int) -> frozenset[int]:
        """Return the schools of the first posts of active teachers."""
        home, taught = t.post.alias(), t.post.alias()
        schools = select(home.c.school_id).join(t.member, t.member.c.id == home.c.member_id)
        schools = schools.join(taught, taught.c.member_id == home.c.member_id)
        schools = schools.where(
            t.member.c.partnership_id == partnership_id,
            t.member.c.active,
            home.c.position == 0,
            taught.c.role == Role.TEACHER,
        )
        return frozenset((await self._connection.execute(schools.distinct())).scalars())

    async def address_of(self, member_id: int) -> Address | None:
        """Return the working address that was used last."""
        return (await self.current_addresses([member_id])).get(member_id)

    async def current_addresses(self, member_ids: Collection[int]) -> Mapping[int, Address]:
        """Return the working address that each member used last."""
        current: dict[int, Address] = {}
        for ids in batches(set(member_ids)):
            live = select(t.address.c.member_id, *columns(t.address, Address))
            live = live.where(t.address.c.member_id.in_(ids), t.address.c.live)
            live = live.order_by(t.address.c.last_used_at.desc(), t.address.c.platform)
            for member_id, *facts in await self._connection.execute(live):
                current.setdefault(member_id, Address(*facts))
        return current

    async def profile(self, member_id: int) -> Profile:
        """Return a member's profile, which may be empty."""
        return (await self.profiles([member_id])).get(member_id, Profile())

    async def profiles(self, member_ids: Collection[int]) -> Mapping[int, Profile]:
        found: dict[int, Profile] = dict.fromkeys(member_ids, Profile())
        for ids in batches(found):
            rows = await self._connection.execute(select(t.profile).where(t.profile.c.member_id.in_(ids)))
            found |= {row.member_id: profile_from(row) for row in rows}
        return found

    async def set_profile(self, member_id: int, profile: Profile) -> None:
        kept = values(profile)
        row = self._insert(t.profile).values(member_id=member_id, **kept)
        await self._connection.execute(row.on_conflict_do_update(index_elements=["member_id"], set_=kept))

    async def set_pause(self, member_id: int, until: date | None) -> None:
        await self._set(member_id, paused_until=until)

    async def set_language(self, member_id: int, language: str) -> None:
        await self._set(member_id, language=language)

    async def set_hours(self, member_id: int, hours: Hours) -> None:
        await self._set(member_id, **hours_columns(hours))

    async def keep_words(self, member_id: int, text: str, now: datetime, message: str | None = None) -> None:
        """Keep typed text, sealed, until the member has said what it is; `message`: the one it was typed in."""
        kept = {"sealed": self._seal.close(text), "held_at": now, "message": message}
        row = self._insert(t.held_words).values(member_id=member_id, **kept)
        await self._connection.execute(row.on_conflict_do_update(index_elements=["member_id"], set_=kept))

    async def take_words(self, member_id: int) -> str | None:
        """Return the kept text and delete it; None if there is none, or if its key is lost."""
        taken = delete(t.held_words).where(t.held_words.c.member_id == member_id)
        return self._opened(await self._connection.scalar(taken.returning(t.held_words.c.sealed)))

    async def peek_words(self, member_id: int) -> str | None:
        """Return the kept text without deleting it; None if there is none, or if its key is lost."""
        kept = select(t.held_words.c.sealed).where(t.held_words.c.member_id == member_id)
        return self._opened(await self._connection.scalar(kept))

    async def drop_words(self, member_id: int, message: str) -> bool:
        """Delete the kept text if it was typed in that message, and return whether it was."""
        words = t.held_words.c
        dropped = delete(t.held_words).where(words.member_id == member_id, words.message == message)
        return (await self._connection.execute(dropped)).rowcount > 0

    async def prune_words(self, before: datetime) -> int:
        """Delete text that was kept before that time, and return how many.

        This is part of every sweep, so that no text that was changed stays in the journal for long.
        """
        mark_erased(self._connection)
        old = delete(t.held_words).where(t.held_words.c.held_at < before)
        return (await self._connection.execute(old)).rowcount

    def _opened(self, sealed: bytes | None) -> str | None:
        try:
            return None if sealed is None else self._seal.open(sealed)
        except NoSuchKey:  # kept by another process without keys, or sealed with a key that is gone
            return None

    async def block(self, member_a: int, member_b: int, now: datetime) -> None:
        """Never pair these two members."""
        first, second = sorted((member_a, member_b))
        row = self._insert(t.blocked).values(member_a=first, member_b=second, blocked_at=now)
        await self._connection.execute(row.on_conflict_do_nothing())

    async def blocked(self, partnership_id: int) -> frozenset[frozenset[int]]:
        """Return every blocked pair of a partnership."""
        pairs = select(t.blocked.c.member_a, t.blocked.c.member_b)
        pairs = pairs.join(t.member, t.member.c.id == t.blocked.c.member_a)
        rows = await self._connection.execute(pairs.where(t.member.c.partnership_id == partnership_id))
        return frozenset(frozenset((row.member_a, row.member_b)) for row in rows)

    async def forget(self, member_id: int, now: datetime) -> None:
        """Erase a member, and keep the rows that counts need."""
        await erasure.erase(self._connection, member_id, now)
        self._known.clear()

    async def _members(self, condition: ColumnElement[bool]) -> tuple[Member, ...]:
        rows = (await self._connection.execute(_MEMBERS_AND_POSTS.where(condition))).mappings()
        return tuple(member_from(list(of_one)) for _, of_one in groupby(rows, key=itemgetter(t.member.c.id)))

    async def _set(self, member_id: int, **changed: object) -> None:
        self._known.pop(member_id, None)
        await self._connection.execute(update(t.member).where(t.member.c.id == member_id).values(changed))


def _is(address: Address) -> ColumnElement[bool]:
    same_place = and_(t.address.c.platform == address.platform, t.address.c.workspace == address.workspace)
    return and_(same_place, t.address.c.user == address.user)


def _by_name(members: Sequence[Member]) -> tuple[Member, ...]:
    """Sort by name here, because the two databases sort letters differently."""
    return tuple(
        sorted(members, key=lambda each: (each.family_name.casefold(), each.given_name.casefold(), each.id))
    )
