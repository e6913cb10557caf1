"""Use cases on digests: count a week once for all schools, publish the figures, show each principal their part."""

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
"""A week is counted from the Thursday before it up to, not including, its own Thursday.

Every check-in is counted in one week only, and has had a day for replies before the first digest of the week.
"""
WEEKS_SHOWN = 11
ONE_WEEK = timedelta(days=7)


async def compose_digest(request: Request, cycle: Cycle, school_id: int, monday: date) -> Message | None:
    """Return a school's digest of one week, or None when there is nothing to publish.

    The first digest of a week counts it for all schools at once: a second count of the same week could be
    subtracted from the first.
    """
    tx = request.tx
    pack = await cycles.read_pack(tx, cycle)
    if monday not in await tx.digests.weeks(cycle.id):
        await _count_week(tx, cycle, monday)
    return await _compose_published(request, cycle, pack, school_id, monday)


async def show_last(request: Request) -> Message:
    """Return the last published digest: a principal's of their schools, a coordinator's of their own school."""
    require_role(request, Role.PRINCIPAL, Role.COORDINATOR)
    tx, member = request.tx, request.member
    led_school_ids = [post.school_id for post in member.posts if post.role is Role.PRINCIPAL]
    for cycle in await tx.cycles.all_of(member.partnership_id):
        pack = await cycles.read_pack(tx, cycle)
        for week in sorted(await tx.digests.weeks(cycle.id), reverse=True):
            shown = [
                await _compose_published(request, cycle, pack, school_id, week)
                for school_id in led_school_ids or [member.home_school_id]
            ]
            digests = [each for each in shown if each is not None]
            if digests:
                return Message(digests[0].summary, tuple(part for each in digests for part in each.elements))
    raise UserError("nothing-published")


async def read_newest(tx: Tx, cycle: Cycle) -> digest.Figures | None:
    """Return the figures that were published last, of which those of everyone are the same for all schools."""
    published = await tx.digests.published_by_school(cycle.id)
    newest = max(
        ((week, -school_id) for school_id, weeks in published.items() for week, stored in weeks if stored),
        default=None,
    )
    if newest is None:
        return None
    week, school_id = newest
    return digest.from_json(dict(published[-school_id])[week])


async def refresh_story(tx: Tx, cycle: Cycle, answers: Mapping[str, Sequence[Answer]], now: datetime) -> None:
    """Update the digests that may quote these answers (by step) before their author changes or erases them."""
    for school_id in await read_quoting_schools(tx, cycle, answers):
        await tx.deliveries.refresh(DeliveryKind.DIGEST, school_id, now)


async def read_quoting_schools(
    tx: Tx, cycle: Cycle, answers: Mapping[str, Sequence[Answer]]
) -> tuple[int, ...]:
    """Return the ids of the schools whose digests may quote these answers (by step)."""
    pack = await cycles.read_pack(tx, cycle)
    consents = {(step.key, step.story[1]) for step in pack.steps if step.story}
    if any((step, each.question) in consents for step, given in answers.items() for each in given):
        return tuple(school.id for school in await tx.schools.of(cycle.partnership_id))
    return ()


async def _count_week(tx: Tx, cycle: Cycle, monday: date) -> None:
    """Count and publish a week for all schools at once."""
    cohort = {each.member_id: each for each in await tx.cycles.enrolments(cycle.id) if each.in_cohort}
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    week = digest.WeekFacts(monday, _count_replies(cohort, check_ins, monday))
    facts = digest.CycleFacts(
        cohort=tuple(sorted(_count_cohort(cohort).items())),
        ties=await _read_ties(tx, cycle),
    )
    schools = await tx.schools.of(cycle.partnership_id)
    published = await tx.digests.published_by_school(cycle.id)
    before = {
        school.id: [
            digest.from_json(stored)
            for earlier, stored in published.get(school.id, ())
            if stored and earlier < monday
        ]
        for school in schools
    }
    told = digest.tell(week, facts, digest.told_before(before))
    figures = {school.id: digest.summarise(school.id, week, facts, told) for school in schools}
    stored = {school_id: digest.to_json(each) if each else {} for school_id, each in figures.items()}
    await tx.digests.publish(cycle.id, monday, stored)


def _count_cohort(cohort: Mapping[int, Enrolment]) -> dict[int, int]:
    """Return how many members of the cohort each school has."""
    counts: dict[int, int] = {}
    for each in cohort.values():
        counts[each.school_id] = counts.get(each.school_id, 0) + 1
    return counts


def _count_replies(
    cohort: Mapping[int, Enrolment], check_ins: Sequence[CheckIn], monday: date
) -> tuple[digest.SchoolWeek, ...]:
    """Return for each school how many members were asked in this week, and how many of them replied."""
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
        digest.SchoolWeek(school, len(member_ids), len(replied.get(school, ())))
        for school, member_ids in sorted(asked.items())
    )


async def _read_ties(tx: Tx, cycle: Cycle) -> frozenset[frozenset[int]]:
    """Return the pairs of schools that the first confirmed pairings linked."""
    return frozenset(
        frozenset((a.school_id, b.school_id))
        for pairing in await tx.pairings.all_of_cycle(cycle.id)
        if cycle.confirmed_at is not None and pairing.created_at <= cycle.confirmed_at
        for a in pairing.seats
        for b in pairing.seats
        if a.school_id < b.school_id
    )


async def _compose_published(
    request: Request, cycle: Cycle, pack: Pack, school_id: int, monday: date
) -> Message | None:
    """Return the digest of a week as it was published for this school, or None."""
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
        story=await _find_story(tx, cycle, pack, school_id, monday),
    )


async def _find_to_do(tx: Tx, cycle: Cycle, pack: Pack, monday: date, language: str) -> str:
    """Return the pack's request to principals for the next step, or for the last step that has one."""
    due = await tx.check_ins.due_by_step(cycle.id)
    friday = monday + timedelta(days=4)
    for step in pack.steps:
        if step.key in due and due[step.key][1].date() > friday and step.words(language).principals:
            return step.words(language).principals
    return next(
        (step.words(language).principals for step in reversed(pack.steps) if step.words(language).principals),
        "",
    )


async def _find_story(tx: Tx, cycle: Cycle, pack: Pack, school_id: int, monday: date) -> str:
    """Return an answer that its author lets this school's principals read, or an empty text.

    Where the consent was asked for the own principal only, it is of this school, and so are all who are counted.
    It is looked up for every digest, because its author can take the consent back.
    """
    due = await tx.check_ins.due_by_step(cycle.id)
    for step in reversed(pack.steps):
        if step.story is None or step.key not in due or due[step.key][0].date() >= monday + ONE_WEEK:
            continue
        enrolments = () if step.story_for_all else await tx.cycles.enrolments(cycle.id)
        schools = {each.member_id: each.school_id for each in enrolments}
        story, consent = step.story
        answers: dict[int, dict[str, str]] = {}
        for member_id, answer in await tx.check_ins.pool(cycle.id, step.key, step.share):
            if step.story_for_all or schools[member_id] == school_id:
                answers.setdefault(member_id, {})[answer.question] = answer.text
        respondents = [given for given in answers.values() if story in given]
        for given in respondents:
            consented = given.get(consent) == "yes"
            if privacy.may_principal_read(consented=consented, respondents=len(respondents)):
                return given[story]
    return ""
