"""A check-in with all the facts that its texts need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from bot.model import Answer, CheckIn, Kind, Member, Pack, PairingState, Question, Step
from bot.ports import Tx
from bot.prompts import Voice
from bot.rules.dates import read_day
from bot.say.check_ins import Ask, shown_value
from bot.use_cases import cycles
from bot.use_cases.forms import is_time
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability


async def read_asked_check_in(request: Request, check_in: CheckIn) -> Ask:
    """Gather what the words of this check-in need."""
    tx, voice, member = request.tx, request.voice, request.member
    cycle = await tx.cycles.get(check_in.cycle_id)
    pack = await cycles.read_pack(tx, cycle)
    person = await read_availability(tx, member)
    said = await tx.check_ins.answers_of(cycle.id, member.id)
    step = pack.step(check_in.step)
    partners = await _read_readers(tx, check_in, step, member)
    schools = [await tx.schools.get(each.home_school_id) for each in partners]
    partner = voice.listing([each.given_name for each in partners])
    plan = _find_plan(voice, pack, said)
    facts = {
        "partner": partner,
        "school": voice.listing([each.name for each in schools]),
        "goal": cycle.goal,
        "plan": plan[0] if plan else "",
        **_find_named_facts(voice, pack, said),
    }
    return Ask(
        check_in=check_in,
        step=step,
        cycle_name=cycle.name,
        partner=partner,
        readers=len(partners),
        facts=facts,
        plan=(plan[0], person.local_day(plan[1])) if plan else None,
        answers=said.get(check_in.step, ()),
        closes=person.local(check_in.closes_at),
        today=person.local_day(request.now),
    )


async def _read_readers(tx: Tx, check_in: CheckIn, step: Step, member: Member) -> list[Member]:
    """The partners; for a challenge the one who receives it."""
    if check_in.pairing_id is None:
        return []
    pairing = await tx.pairings.get(check_in.pairing_id)
    if member.id not in pairing.member_ids or pairing.state is not PairingState.LIVE:
        return []
    ids = (pairing.receiver_from(member.id),) if step.is_challenge else pairing.partners_of(member.id)
    return [each for each in (await tx.members.many(ids)).values() if each.active]


def _find_plan(
    voice: Voice, pack: Pack, said: Mapping[str, tuple[Answer, ...]]
) -> tuple[str, datetime] | None:
    """The newest when–then plan this person made, in one sentence."""
    for step in reversed(pack.steps):
        if step.plan and step.key in said:
            answers = {answer.question: answer for answer in said[step.key]}
            when, then = (answers.get(key) for key in step.plan)
            if when and then:
                return voice.text("plan.when-then", when=when.text, then=then.text), when.given_at
    return None


def _find_named_facts(voice: Voice, pack: Pack, said: Mapping[str, tuple[Answer, ...]]) -> dict[str, str]:
    """The focus and the day of the visit, where this person has named them."""
    facts = {"focus": "", "visit_day": ""}
    for step in pack.steps:
        for name, key in (("focus", step.focus), ("visit_day", step.visit_day)):
            for answer in said.get(step.key, ()):
                if key is not None and answer.question == key:
                    question = next(each for each in step.words(voice.language).questions if each.key == key)
                    facts[name] = shown_value(voice, question, answer.text)
    return facts


def parse_typed_answer(question: Question, text: str, today: date) -> str | None:
    """A typed reply as the value of a question, or None where it fits none of its choices."""
    said = text.strip()
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return said
        case Kind.ONE:
            return _find_choice(question, said)
        case Kind.MANY:
            chosen = [_find_choice(question, part.strip()) for part in said.replace(" and ", ",").split(",")]
            return ";".join(each for each in chosen if each) if all(chosen) else None
        case Kind.SCALE:
            return said if said in ("1", "2", "3", "4", "5") else None
        case Kind.DATE:
            day = read_day(said, today)
            return day.isoformat() if day else None
        case Kind.TIME:
            return said if is_time(said) else None


def _find_choice(question: Question, said: str) -> str | None:
    folded = said.casefold().rstrip(".")
    for index, option in enumerate(question.options, 1):
        if folded in (option.key.casefold(), option.label.casefold(), str(index)):
            return option.key
    return None
