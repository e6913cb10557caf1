"""Use cases on digests: count a week once for all schools, publish it, and tell each principal their part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.errors import UserError
from bot.message import Message
from bot.model import Answer, CheckIn, CheckInState, Cycle, DeliveryKind, Enrolment, Pack, Role
from bot.ports import Tx
from bot.rules import figures as digest
from bot.rules import privacy
from bot.say import digests as say_digests
from bot.use_cases import cycles
from bot.use_cases.people import require_role
from bot.use_cases.request import Request

COUNTED_FROM, COUNTED_UNTIL = timedelta(days=-4), timedelta(days=3)
"""From the Thursday before to, not including, the Thursday of the week: every ask is counted in one week only, and
whoever was asked had a day to reply before the first digest of the week is made."""
WEEKS_SHOWN = 11
A_WEEK = timedelta(days=7)


async def compose_digest(request: Request, cycle: Cycle, school_id: int, monday: date) -> Message | None:
    """A principal's digest of one week; None when there is nothing to say.

    The first digest of a week counts it for all schools at once: a second count of the same week could be
    subtracted from the first.
    """
    tx = request.tx
    pack = await cycles.read_pack(tx, cycle)
    if monday not in await _read_counted_weeks(tx, cycle):
        await _count_week(tx, cycle, pack, monday, request.now)
    return await _compose_published(request, cycle, pack, school_id, monday)


async def show_last(request: Request) -> Message:
    """The last published digest again: for a principal their school's, for a coordinator their own school's."""
    require_role(request, Role.PRINCIPAL, Role.COORDINATOR)
    tx, member = request.tx, request.member
    led = [post.school_id for post in member.posts if post.role is Role.PRINCIPAL]
    for cycle in await tx.cycles.all_of(member.partnership_id):
        pack = await cycles.read_pack(tx, cycle)
        for week in sorted(await _read_counted_weeks(tx, cycle), reverse=True):
            shown = [
                await _compose_published(request, cycle, pack, school_id, week)
                for school_id in led or [member.home_school_id]
            ]
            found = [each for each in shown if each is not None]
            if found:
                return Message(found[0].summary, tuple(part for each in found for part in each.elements))
    raise UserError("nothing-published")


async def refresh_story(tx: Tx, cycle: Cycle, answers: Mapping[str, Sequence[Answer]], now: datetime) -> None:
    """Mend the digests that may tell these answers (by step), before their author changes or erases them."""
    pack = await cycles.read_pack(tx, cycle)
    consents = {(step.key, step.story[1]) for step in pack.steps if step.story}
    if any((step, each.question) in consents for step, given in answers.items() for each in given):
        for school in await tx.schools.of(cycle.partnership_id):
            await tx.deliveries.refresh(DeliveryKind.DIGEST, school.id, now)


async def _read_counted_weeks(tx: Tx, cycle: Cycle) -> frozenset[date]:
    weeks: set[date] = set()
    for school in await tx.schools.of(cycle.partnership_id):
        weeks.update(week for week, _ in await tx.digests.published(cycle.id, school.id))
    return frozenset(weeks)


async def _count_week(tx: Tx, cycle: Cycle, pack: Pack, monday: date, now: datetime) -> None:
    """Count a week for all schools at once, at the moment its first digest is made."""
    cohort = {each.member_id: each for each in await tx.cycles.enrolments(cycle.id) if each.in_cohort}
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    week = digest.WeekFacts(monday, _count_replies(cohort, check_ins, monday))
    facts = digest.CycleFacts(
        cohort=tuple(sorted(_count_cohort(cohort).items())),
        ties=await _read_ties(tx, cycle),
        stages=_count_stages(pack, cohort, check_ins, now),
    )
    for school in await tx.schools.of(cycle.partnership_id):
        figures = digest.summarise(school.id, week, facts)
        kept: Mapping[str, object] = digest.to_json(figures) if figures else {}
        await tx.digests.publish(cycle.id, school.id, monday, kept)


def _count_cohort(cohort: Mapping[int, Enrolment]) -> dict[int, int]:
    people: dict[int, int] = {}
    for each in cohort.values():
        people[each.school_id] = people.get(each.school_id, 0) + 1
    return people


def _count_replies(
    cohort: Mapping[int, Enrolment], check_ins: Sequence[CheckIn], monday: date
) -> tuple[digest.SchoolWeek, ...]:
    midnight = datetime.combine(monday, time(), tzinfo=UTC)
    asked: dict[int, set[int]] = {}
    replied: dict[int, set[int]] = {}
    for each in check_ins:
        enrolment = cohort.get(each.member_id)
        is_this_week = midnight + COUNTED_FROM <= each.due_at < midnight + COUNTED_UNTIL
        if enrolment and is_this_week and each.state is not CheckInState.PLANNED:
            asked.setdefault(enrolment.school_id, set()).add(each.member_id)
            if each.state in (CheckInState.ANSWERED, CheckInState.SKIPPED):
                replied.setdefault(enrolment.school_id, set()).add(each.member_id)
    return tuple(
        digest.SchoolWeek(school, len(people), len(replied.get(school, ())))
        for school, people in sorted(asked.items())
    )


async def _read_ties(tx: Tx, cycle: Cycle) -> frozenset[frozenset[int]]:
    """School pairs linked by the pairings as they were confirmed."""
    return frozenset(
        frozenset((a.school_id, b.school_id))
        for pairing in await tx.pairings.all_of_cycle(cycle.id)
        if cycle.confirmed_at is not None and pairing.created_at <= cycle.confirmed_at
        for a in pairing.seats
        for b in pairing.seats
        if a.school_id < b.school_id
    )


def _count_stages(
    pack: Pack, cohort: Mapping[int, Enrolment], check_ins: Sequence[CheckIn], now: datetime
) -> tuple[tuple[str, int], ...]:
    """People by stage reached, by the calendar of their pairing: by their answers it would tell of these."""
    order = list(dict.fromkeys(step.stage for step in pack.steps))
    stage_of = {step.key: order.index(step.stage) for step in pack.steps}
    furthest: dict[int, int] = {}
    for each in check_ins:
        if each.due_at <= now and each.member_id in cohort:
            furthest[each.member_id] = max(furthest.get(each.member_id, 0), stage_of[each.step])
    return tuple(
        (stage, sum(reached >= index for reached in furthest.values())) for index, stage in enumerate(order)
    )


async def _compose_published(
    request: Request, cycle: Cycle, pack: Pack, school_id: int, monday: date
) -> Message | None:
    tx = request.tx
    published = [
        digest.from_json(figures)
        for week, figures in await tx.digests.published(cycle.id, school_id)
        if figures and week <= monday
    ]
    if not published or published[-1].week != monday:
        return None
    school = await tx.schools.get(school_id)
    return say_digests.weekly_digest(
        request.voice,
        school,
        published[-1],
        digest.history(published)[-WEEKS_SHOWN:],
        to_do=await _find_to_do(tx, cycle, pack, monday, request.voice.language),
        story=await _find_story(tx, cycle, pack, monday),
    )


async def _find_to_do(tx: Tx, cycle: Cycle, pack: Pack, monday: date, language: str) -> str:
    """What the step that comes next asks of a principal, as content says it."""
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    friday = monday + timedelta(days=4)
    for step in pack.steps:
        days = [each.due_at.date() for each in check_ins if each.step == step.key]
        if days and max(days) > friday and step.words(language).principals:
            return step.words(language).principals
    return next(
        (step.words(language).principals for step in reversed(pack.steps) if step.words(language).principals),
        "",
    )


async def _find_story(tx: Tx, cycle: Cycle, pack: Pack, monday: date) -> str:
    """One answer that principals may read, once its question was put; looked up anew: consent can be taken back."""
    put = {
        each.step for each in await tx.check_ins.of_cycle(cycle.id) if each.due_at.date() < monday + A_WEEK
    }
    for step in reversed(pack.steps):
        if step.story is None or step.key not in put:
            continue
        told, consent = step.story
        answers: dict[int, dict[str, str]] = {}
        for member_id, answer in await tx.check_ins.pool(cycle.id, step.key, step.share):
            answers.setdefault(member_id, {})[answer.question] = answer.text
        told_by = [said for said in answers.values() if told in said]
        for said in told_by:
            consented = said.get(consent) == "yes"
            if privacy.may_principal_read(consented=consented, respondents=len(told_by)):
                return said[told]
    return ""
