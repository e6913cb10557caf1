"""Use cases on a member's personal data: export and erasure."""

from __future__ import annotations

import json

from bot import say
from bot.message import Message
from bot.model import (
    Answer,
    Challenge,
    Cycle,
    Member,
    Profile,
    School,
)
from bot.say import members as say_members
from bot.use_cases import carried_words, late_changes
from bot.use_cases.request import Request


async def export(request: Request) -> Message:
    """Return everything stored about the member, as a file."""
    tx, member = request.tx, request.member
    school = await tx.schools.get(member.home_school_id)
    stored = {
        **_export_member(member, await tx.members.profile(member.id), school),
        "address": await _export_address(request),
        "waiting_words": await tx.members.peek_words(member.id),
        "notes": [
            {"text": note.text, "sent_at": note.sent_at.isoformat()}
            for note in await tx.notes.by(member.id)
            if note.text
        ],
        "cycles": [
            await _export_cycle(request, cycle) for cycle in await tx.cycles.all_of(member.partnership_id)
        ],
    }
    content = json.dumps(stored, ensure_ascii=False, indent=2).encode()
    return say_members.data(request.voice, content, "my-jpd-data.json")


def _export_member(member: Member, profile: Profile, school: School) -> dict[str, object]:
    """Return name, school, hours, roles and profile."""
    start, end = member.hours.start, member.hours.end
    return {
        "name": member.name,
        "email": member.email,
        "school": school.name,
        "language": member.language,
        "hours": {
            "days": sorted(member.hours.days),
            "start": start and start.isoformat("minutes"),
            "end": end and end.isoformat("minutes"),
        },
        "roles": [post.role.value for post in member.posts],
        "paused_until": member.paused_until and member.paused_until.isoformat(),
        "profile": {
            "phase": profile.phase,
            "subjects": list(profile.subjects),
            "offers": list(profile.offers),
            "needs": list(profile.needs),
            "slots": list(profile.slots),
        },
    }


async def _export_address(request: Request) -> dict[str, str] | None:
    """Return the address last used, or None."""
    address = await request.tx.members.address_of(request.member.id)
    if address is None:
        return None
    return {"platform": address.platform, "workspace": address.workspace, "user": address.user}


async def _export_enrolment(request: Request, cycle: Cycle) -> dict[str, object]:
    """Return the member's enrolment, pairings, check-ins and deliveries in a cycle."""
    tx, member = request.tx, request.member
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    pairings = [each for each in await tx.pairings.all_of_cycle(cycle.id) if member.id in each.member_ids]
    partners = await tx.members.many(
        {partner for each in pairings for partner in each.partners_of(member.id)}
    )
    return {
        "enrolment": enrolment.state.value if enrolment else None,
        "invited_at": enrolment and enrolment.invited_at.isoformat(),
        "answered_at": enrolment and enrolment.answered_at and enrolment.answered_at.isoformat(),
        "asked_for_another_partner": enrolment is not None and enrolment.asked_for_another,
        "pairings": [
            {
                "with": [partners[partner].name for partner in each.partners_of(member.id)],
                "reasons": [reason.key for reason in each.reasons],
                "state": each.state.value,
            }
            for each in pairings
        ],
        "questions": [
            {"step": each.step, "state": each.state.value, "due_at": each.due_at.isoformat()}
            for each in await tx.check_ins.of_member(cycle.id, member.id)
        ],
        "messages": [
            {"kind": each.kind.value, "state": each.state.value, "due_at": each.due_at.isoformat()}
            for each in await tx.deliveries.of_cycle(cycle.id)
            if each.member_id == member.id
        ],
    }


async def _export_cycle(request: Request, cycle: Cycle) -> dict[str, object]:
    """Return all about the member in a cycle: enrolment, answers and challenges."""
    member = request.member
    answers = await request.tx.check_ins.answers_of(cycle.id, member.id)
    given = await request.tx.challenges.of_cycle(cycle.id)
    return {
        "name": cycle.name,
        **await _export_enrolment(request, cycle),
        "answers": {step: [_export_answer(each) for each in said] for step, said in answers.items()},
        "challenges_given": [_export_challenge(each) for each in given if each.giver_id == member.id],
        "challenges_received": [
            _export_challenge(each) for each in given if each.receiver_id == member.id and each.released_at
        ],
    }


def _export_answer(answer: Answer) -> dict[str, str]:
    """Return an answer and who reads it."""
    return {
        "question": answer.question,
        "text": answer.text,
        "given_at": answer.given_at.isoformat(),
        "who_reads_it": answer.share.value,
    }


def _export_challenge(challenge: Challenge) -> dict[str, str]:
    """Return a challenge with its reply."""
    return {
        "evidence": challenge.evidence,
        "question": challenge.question,
        "suggestion": challenge.suggestion,
        "reply": challenge.reply,
        "next_step": challenge.next_step,
        "next_step_on": challenge.next_step_on.isoformat() if challenge.next_step_on else "",
        "given_at": challenge.given_at.isoformat(),
    }


async def erase(request: Request, *, is_confirmed: bool) -> Message:
    """Erase the member's name and words for good, once confirmed; counts stay."""
    tx, member, now = request.tx, request.member, request.now
    if not is_confirmed:
        return say_members.really_forget(request.voice)
    cycle = await tx.cycles.current(member.partnership_id)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id) if cycle else None
    if cycle and enrolment:
        await late_changes.withdraw(tx, cycle, enrolment, now)
    await tx.deliveries.drop(member_id=member.id, cycle_id=None, reason="forgotten", now=now)
    for each in await tx.cycles.all_of(member.partnership_id):
        await carried_words.refresh_words_of(tx, each, member.id, now)
    await tx.members.forget(member.id, now)
    return say.basics.plain(request.voice, "forget.done")
