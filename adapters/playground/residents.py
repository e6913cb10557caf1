"""Fictional colleagues who answer by themselves, on the road that people take: one person can play a cycle."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import Command, Opened, Submitted, What
from bot.message import Form, Reply
from bot.model import (
    Challenge,
    CheckIn,
    CheckInState,
    CommandName,
    Cycle,
    CycleState,
    DeliveryKind,
    EnrolmentState,
    FormName,
    Kind,
    Member,
    Pack,
    Question,
)
from bot.ports import Store, Tx
from bot.prompts import parse_pack

FRIDAY = 4
Converse = Callable[[Member, What, datetime], Awaitable[Reply | None]]
"""Carries an event of a member to the core, as their own message in the conversation."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """Something a resident is about to do."""

    member: Member
    what: What


class Residents:
    """Everybody nobody plays. Each decides by a seed of their own, so that a play can be repeated."""

    def __init__(self, store: Store, converse: Converse, sayings: Mapping[str, tuple[str, ...]]) -> None:
        self._store = store
        self._converse = converse
        self._sayings = sayings
        self.played: set[str] = set()
        """Source ids of the members a person plays: residents leave them alone."""

    async def act(self, now: datetime) -> None:
        """Let everybody do what they would have done by now."""
        async with self._store.transaction() as tx:
            partnerships = await tx.schools.partnerships()
            turns = [turn for each in partnerships for turn in await self._turns(tx, each.id, now)]
        for turn in turns:
            if isinstance(turn.what, Opened):
                await self._fill_in(turn, now)
            else:
                await self._converse(turn.member, turn.what, now)

    async def _turns(self, tx: Tx, partnership_id: int, now: datetime) -> list[_Turn]:
        cycle = await tx.cycles.current(partnership_id)
        if cycle is None or cycle.state in (CycleState.DRAFT, CycleState.PAUSED):
            return []
        members = {
            each.id: each for each in await tx.members.of(partnership_id) if each.source_id not in self.played
        }
        turns = await self._invited(tx, cycle, members)
        pack = parse_pack(cycle.pack_id, await tx.cycles.pack_files(cycle.id))
        for check_in in await tx.check_ins.of_cycle(cycle.id):
            member = members.get(check_in.member_id)
            if member and check_in.state is CheckInState.OPEN and now < check_in.closes_at:
                turns += self._answer(member, check_in, pack, now)
        for challenge in await tx.challenges.of_cycle(cycle.id):
            member = members.get(challenge.receiver_id or 0)
            if member and challenge.released_at and challenge.replied_at is None:
                turns += self._reply(member, challenge, now)
        return turns

    async def _invited(self, tx: Tx, cycle: Cycle, members: Mapping[int, Member]) -> list[_Turn]:
        """Most join as soon as they hear of it; a few decline, a few say nothing."""
        turns = []
        for enrolment in await tx.cycles.enrolments(cycle.id):
            member = members.get(enrolment.member_id)
            if member is None or enrolment.state is not EnrolmentState.INVITED:
                continue
            choice = self._dice(member, f"invitation {cycle.id}").random()
            if choice < 0.97 and await tx.deliveries.was_sent(DeliveryKind.INVITATION, cycle.id, member.id):
                turns.append(
                    _Turn(member, Command(CommandName.JOIN if choice < 0.93 else CommandName.DECLINE))
                )
        return turns

    def _answer(self, member: Member, check_in: CheckIn, pack: Pack, now: datetime) -> list[_Turn]:
        """Most answer, at once or a day later; a few skip, a few stay silent."""
        dice = self._dice(member, f"{check_in.cycle_id} {check_in.step}")
        choice, delay = dice.random(), timedelta(hours=dice.choice((0, 1, 3, 20)))
        if now < check_in.due_at + delay or choice > 0.92:
            return []
        if choice > 0.84:
            return [_Turn(member, Command(f"{CommandName.SKIP} {check_in.id}"))]
        wording = pack.step(check_in.step).words(member.language)
        values = {each.key: self._value(each, dice, now) for each in wording.questions}
        return [_Turn(member, Submitted(FormName.CHECK_IN, str(check_in.id), values))]

    def _reply(self, member: Member, challenge: Challenge, now: datetime) -> list[_Turn]:
        dice = self._dice(member, f"challenge {challenge.id}")
        released = challenge.released_at
        if released is None or now < released + timedelta(hours=dice.choice((1, 20))) or dice.random() > 0.8:
            return []
        return [_Turn(member, Opened(FormName.CHALLENGE, str(challenge.id)))]

    async def _fill_in(self, turn: _Turn, now: datetime) -> None:
        """Open the form, fill in every field, send it."""
        form = await self._converse(turn.member, turn.what, now)
        if isinstance(form, Form):
            dice = self._dice(turn.member, f"{form.name} {form.title}")
            values = {each.question.key: self._value(each.question, dice, now) for each in form.inputs}
            await self._converse(turn.member, Submitted(form.name, form.context, values), now)

    def _value(self, question: Question, dice: random.Random, now: datetime) -> str:
        match question.kind:
            case Kind.SHORT | Kind.LONG:
                said = dice.choice(self._sayings.get(question.key) or self._sayings["anything"])
                return said[: question.limit]
            case Kind.ONE:
                return dice.choice(question.options).key
            case Kind.MANY:
                return question.options[0].key
            case Kind.SCALE:
                return str(dice.randint(2, 5))
            case Kind.DATE:
                day = now.date() + timedelta(days=dice.randint(3, 9))
                return (day - timedelta(days=max(0, day.weekday() - FRIDAY))).isoformat()
            case Kind.TIME:
                return "15:45"

    def _dice(self, member: Member, occasion: str) -> random.Random:
        return random.Random(f"{member.source_id} {occasion}")
