"""A check-in with all the facts that its texts need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot.model import Answer, CheckIn, Kind, Member, Pack, PairingState, Question, Step
from bot.ports import Tx
from bot.prompts import Voice
from bot.rules.dates import read_day
from bot.rules.spelling import folded, typed_name
from bot.say.check_ins import AskedCheckIn, shown_value
from bot.use_cases import cycles
from bot.use_cases.forms import is_time
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availabilities


async def read_asked_check_in(request: Request, check_in: CheckIn) -> AskedCheckIn:
    """Read the facts that the texts of this check-in need."""
    answers = await request.tx.check_ins.answers_of(check_in.cycle_id, request.member.id)
    return await describe_check_in(request, check_in, answers)


async def describe_check_in(
    request: Request, check_in: CheckIn, answers: Mapping[str, tuple[Answer, ...]]
) -> AskedCheckIn:
    """Return the facts that the texts of this check-in need, given the member's answers in the cycle by step."""
    tx, voice, member = request.tx, request.voice, request.member
    cycle = await tx.cycles.get(check_in.cycle_id)
    pack = await cycles.read_pack(tx, cycle)
    step = pack.step(check_in.step)
    partners = await _read_readers(tx, check_in, step, member)
    availability = (await read_availabilities(tx, [member, *partners]))[member.id]
    schools = [await tx.schools.get(each.home_school_id) for each in partners]
    partner = voice.listing([each.given_name for each in partners])
    plan = _find_plan(voice, pack, answers)
    facts = {
        "partner": partner,
        "school": voice.listing([each.name for each in schools]),
        "goal": cycle.goal,
        "plan": plan[0] if plan else "",
        **_find_named_facts(voice, pack, answers),
    }
    return AskedCheckIn(
        check_in=check_in,
        step=step,
        cycle_name=cycle.name,
        partner=partner,
        readers=len(partners),
        facts=facts,
        plan=(plan[0], availability.local_day(plan[1])) if plan else None,
        answers=answers.get(check_in.step, ()),
        closes=availability.local(check_in.closes_at),
        last_closing=availability.local(
            await read_last_closing(tx, check_in) if step.is_challenge else check_in.closes_at
        ),
        today=availability.local_day(request.now),
    )


async def read_last_closing(tx: Tx, check_in: CheckIn) -> datetime:
    """Return when this step closes for the last member of the pairing."""
    if check_in.pairing_id is None:
        return check_in.closes_at
    check_ins = await tx.check_ins.of_pairing(check_in.pairing_id, check_in.step)
    return max((each.closes_at for each in check_ins), default=check_in.closes_at)


async def _read_readers(tx: Tx, check_in: CheckIn, step: Step, member: Member) -> list[Member]:
    """Return the active members who will read the answers: the partners, or for a challenge its receiver."""
    if check_in.pairing_id is None:
        return []
    pairing = await tx.pairings.get(check_in.pairing_id)
    if member.id not in pairing.member_ids or pairing.state is not PairingState.LIVE:
        return []
    ids = (pairing.receiver_from(member.id),) if step.is_challenge else pairing.partners_of(member.id)
    return [each for each in (await tx.members.many(ids)).values() if each.active]


def _find_plan(
    voice: Voice, pack: Pack, given: Mapping[str, tuple[Answer, ...]]
) -> tuple[str, datetime] | None:
    """Return the member's newest when–then plan as one sentence, and when it was made; None without a plan."""
    for step in reversed(pack.steps):
        if step.plan and step.key in given:
            answers = {answer.question: answer for answer in given[step.key]}
            when, then = (answers.get(key) for key in step.plan)
            if when and then:
                return voice.text("plan.when-then", when=when.text, then=then.text), when.given_at
    return None


def _find_named_facts(voice: Voice, pack: Pack, given: Mapping[str, tuple[Answer, ...]]) -> dict[str, str]:
    """Return the focus and the day of the visit, empty where the member has not named them yet."""
    facts = {"focus": "", "visit_day": ""}
    for step in pack.steps:
        for name, key in (("focus", step.focus), ("visit_day", step.visit_day)):
            for answer in given.get(step.key, ()):
                if key is not None and answer.question == key:
                    question = next(each for each in step.words(voice.language).questions if each.key == key)
                    facts[name] = shown_value(voice, question, answer.text)
    return facts


def parse_typed_answer(question: Question, text: str, today: date) -> str | None:
    """Return a typed reply as the question's value, or None where it fits none of the choices."""
    reply = text.strip()
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return reply
        case Kind.ONE:
            return _find_choice(question, reply)
        case Kind.MANY:
            chosen = [_find_choice(question, part.strip()) for part in reply.replace(" and ", ",").split(",")]
            return ";".join(each for each in chosen if each) if all(chosen) else None
        case Kind.SCALE:
            return reply if reply in ("1", "2", "3", "4", "5") else None
        case Kind.DATE:
            day = read_day(reply, today)
            return day.isoformat() if day else None
        case Kind.TIME:
            return reply if is_time(reply) else None


def _find_choice(question: Question, reply: str) -> str | None:
    """Return the key of the option with this key, label or number, or None."""
    typed = typed_name(reply).rstrip(".")
    for index, option in enumerate(question.options, 1):
        if typed in (folded(option.key), folded(option.label).rstrip("."), str(index)):
            return option.key
    return None
