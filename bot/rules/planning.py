"""The check-ins and deliveries of a cycle: what is owed to whom, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.model import CheckIn, Cycle, Delivery, DeliveryKind, Member, Pack, Pairing, Role, School, Step
from bot.rules.school_time import Availability, Calendar, last_day_of_week, mondays, nth_shared_day


def check_ins(
    cycle: Cycle, pack: Pack, pairing: Pairing, people: Mapping[int, Availability], first: date
) -> tuple[CheckIn, ...]:
    """Return a check-in for every step and every member of a pairing, on days that all their schools teach.

    Raises `NoTeachingDays` when the schools share too few days within a year.
    """
    calendars = [people[each].calendar for each in pairing.member_ids]
    return tuple(
        _check_in(cycle, step, pairing, member_id, people[member_id], calendars, first)
        for step in pack.steps
        for member_id in pairing.member_ids
    )


def _check_in(
    cycle: Cycle,
    step: Step,
    pairing: Pairing,
    member_id: int,
    person: Availability,
    calendars: Sequence[Calendar],
    first: date,
) -> CheckIn:
    due_at = person.ask_moment(nth_shared_day(calendars, first, step.day))
    last_day = nth_shared_day(calendars, first, step.day + step.open_days - 1)
    closes_at = person.moment(last_day, person.calendar.closes)
    # For somebody who works one day a week: open until the end of the day on which it reaches them.
    if closes_at <= due_at:
        closes_at = person.moment(person.local_day(due_at), person.calendar.closes)
    return CheckIn(
        id=0,
        cycle_id=cycle.id,
        member_id=member_id,
        pairing_id=pairing.id,
        step=step.key,
        due_at=due_at,
        closes_at=closes_at,
    )


def asks(
    cycle: Cycle, pack: Pack, check_in: CheckIn, person: Availability, last_moment: datetime
) -> Iterator[Delivery]:
    """Return the deliveries of one check-in: the ask, the reminder, and the challenge or pool after the step.

    `last_moment` is when the step closes for the last member of the pairing, and challenges are released at the latest.
    """
    step = pack.step(check_in.step)
    owed = owe(cycle, check_in.member_id, DeliveryKind.CHECK_IN, check_in.id, check_in.due_at)
    yield replace(owed, expires_at=check_in.closes_at)
    if step.remind_after is not None:
        reminder = _days_later(person, check_in.due_at, step.remind_after)
        if reminder < check_in.closes_at:
            yield replace(owed, kind=DeliveryKind.REMINDER, due_at=reminder, expires_at=check_in.closes_at)
    if step.is_challenge:
        # A challenge from a new partner is a message of its own beside that from the earlier one.
        given = replace(owed, kind=DeliveryKind.CHALLENGE, occurrence=str(check_in.pairing_id))
        yield replace(given, due_at=last_moment, expires_at=None)
    if step.share == "pool":
        yield replace(owed, kind=DeliveryKind.POOL, due_at=last_moment, expires_at=None)


def _days_later(person: Availability, moment: datetime, days: int) -> datetime:
    """Return the asking time that many teaching days of a person after a moment."""
    for _ in range(days):
        _, end_of_day = person.day_bounds(person.local_day(moment))
        moment = person.ask_moment(person.local_day(end_of_day))
    return moment


def digests(
    cycle: Cycle,
    principals: Sequence[tuple[Member, School, Availability]],
    first: date,
    last: date,
) -> Iterator[Delivery]:
    """Return one digest a week for each principal of each school, on the school's last teaching day of the week."""
    for member, school, person in principals:
        for monday in mondays(first, last):
            day = last_day_of_week(person.calendar, monday)
            if day is not None and day >= first:
                owed = owe(cycle, member.id, DeliveryKind.DIGEST, school.id, person.ask_moment(day))
                # After a week the next one is due: nobody gets two at once after a pause.
                expires_at = owed.due_at + timedelta(days=7)
                yield replace(owed, occurrence=monday.isoformat(), expires_at=expires_at)


def principals_of(
    members: Sequence[Member], schools: Mapping[int, School]
) -> Iterator[tuple[Member, School]]:
    """Return each principal with each school that they lead."""
    for member in members:
        for post in member.posts:
            if post.role is Role.PRINCIPAL and post.school_id in schools:
                yield member, schools[post.school_id]


def owe(cycle: Cycle, member_id: int, kind: DeliveryKind, subject_id: int, due_at: datetime) -> Delivery:
    """Return a new delivery of a cycle."""
    return Delivery(
        id=0,
        partnership_id=cycle.partnership_id,
        cycle_id=cycle.id,
        member_id=member_id,
        kind=kind,
        subject_id=subject_id,
        due_at=due_at,
    )
