"""Fictional colleagues who answer by the same events as people, so that one person can play a cycle."""

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
"""Hands a member's event to the core, and shows it as their message in the conversation."""


@dataclass(frozen=True, slots=True)
class _Action:
    """An action that a resident will take."""

    member: Member
    what: What


class Residents:
    """All members that no person plays. Each decides by a seed, so that a play can be repeated."""

    def __init__(self, store: Store, converse: Converse, sayings: Mapping[str, tuple[str, ...]]) -> None:
        self._store = store
        self._converse = converse
        self._sayings = sayings
        self.played: set[str] = set()
        """Source ids of the members that a person plays."""

    async def act(self, now: datetime) -> None:
        """Let everybody take the actions that they would have taken by now."""
        async with self._store.transaction() as tx:
            partnerships = await tx.schools.partnerships()
            actions = [action for each in partnerships for action in await self._actions(tx, each.id, now)]
        for action in actions:
            if isinstance(action.what, Opened):
                await self._fill_in(action, now)
            else:
                await self._converse(action.member, action.what, now)

    async def _actions(self, tx: Tx, partnership_id: int, now: datetime) -> list[_Action]:
        cycle = await tx.cycles.current(partnership_id)
        if cycle is None or cycle.state in (CycleState.DRAFT, CycleState.PAUSED):
            return []
        members = {
            each.id: each for each in await tx.members.of(partnership_id) if each.source_id not in self.played
        }
        actions = await self._answer_invitations(tx, cycle, members)
        pack = parse_pack(cycle.pack_id, await tx.cycles.pack_files(cycle.id))
        for check_in in await tx.check_ins.of_cycle(cycle.id):
            member = members.get(check_in.member_id)
            if member and check_in.state is CheckInState.OPEN and now < check_in.closes_at:
                actions += self._answer_check_in(member, check_in, pack, now)
        for challenge in await tx.challenges.of_cycle(cycle.id):
            member = members.get(challenge.receiver_id or 0)
            if member and challenge.released_at and challenge.replied_at is None:
                actions += self._reply_to_challenge(member, challenge, now)
        return actions

    async def _answer_invitations(self, tx: Tx, cycle: Cycle, members: Mapping[int, Member]) -> list[_Action]:
        """Return the replies to invitations: most join at once, a few decline, a few do nothing."""
        actions = []
        for enrolment in await tx.cycles.enrolments(cycle.id):
            member = members.get(enrolment.member_id)
            if member is None or enrolment.state is not EnrolmentState.INVITED:
                continue
            choice = self._dice(member, f"invitation {cycle.id}").random()
            if choice < 0.97 and await tx.deliveries.was_sent(DeliveryKind.INVITATION, cycle.id, member.id):
                actions.append(
                    _Action(member, Command(CommandName.JOIN if choice < 0.93 else CommandName.DECLINE))
                )
        return actions

    def _answer_check_in(self, member: Member, check_in: CheckIn, pack: Pack, now: datetime) -> list[_Action]:
        """Return the replies to a check-in: most answer, at once or a day later; a few skip or do nothing."""
        dice = self._dice(member, f"{check_in.cycle_id} {check_in.step}")
        choice, delay = dice.random(), timedelta(hours=dice.choice((0, 1, 3, 20)))
        if now < check_in.due_at + delay or choice > 0.92:
            return []
        if choice > 0.84:
            return [_Action(member, Command(f"{CommandName.SKIP} {check_in.id}"))]
        wording = pack.step(check_in.step).words(member.language)
        values = {each.key: self._value(each, dice, now) for each in wording.questions}
        return [_Action(member, Submitted(FormName.CHECK_IN, str(check_in.id), values))]

    def _reply_to_challenge(self, member: Member, challenge: Challenge, now: datetime) -> list[_Action]:
        dice = self._dice(member, f"challenge {challenge.id}")
        released = challenge.released_at
        if released is None or now < released + timedelta(hours=dice.choice((1, 20))) or dice.random() > 0.8:
            return []
        return [_Action(member, Opened(FormName.CHALLENGE, str(challenge.id)))]

    async def _fill_in(self, action: _Action, now: datetime) -> None:
        """Open the form, fill in every field, and send it."""
        form = await self._converse(action.member, action.what, now)
        if isinstance(form, Form):
            dice = self._dice(action.member, f"{form.name} {form.title}")
            values = {each.question.key: self._value(each.question, dice, now) for each in form.inputs}
            await self._converse(action.member, Submitted(form.name, form.context, values), now)

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
