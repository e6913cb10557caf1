"""Every message and form of every pack is within Slack's limits, for any name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapters.slack import render
from bot.model import Answer, CheckIn, CheckInState, Kind, Question, Step
from bot.prompts import Prompts
from bot.say import check_ins as say_check_ins
from bot.say.basics import Departure
from tests.platforms.slack.limits_of_slack import faults
from tests.support.places import PROMPTS

SHIPPED = Prompts.load(PROMPTS)
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
STEPS = [(pack, step) for pack in SHIPPED.packs() for step in pack.steps]
KNOWN = ("partner", "school", "goal", "plan", "focus", "visit_day")
NAMES = ["Tama", "W" * 3_001, "<!channel> *Ann* & `Bob` :tada:"]


def longest(question: Question) -> str:
    """Return the longest answer to a question."""
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return "é" * question.limit
        case Kind.ONE:
            return question.options[-1].key
        case Kind.MANY:
            return ";".join(option.key for option in question.options)
        case Kind.SCALE:
            return "5"
        case Kind.DATE:
            return "2026-12-01"
        case Kind.TIME:
            return "15:30"


def asked(step: Step, partner: str) -> say_check_ins.AskedCheckIn:
    """Return a check-in of that step with the longest answers."""
    check_in = CheckIn(
        id=2**60, cycle_id=1, member_id=1, pairing_id=1, step=step.key, due_at=NOW, closes_at=NOW,
        state=CheckInState.OPEN,
    )  # fmt: skip
    answers = [
        Answer(
            check_in_id=1,
            question=each.key,
            text=longest(each),
            share=step.share,
            language="en",
            given_at=NOW,
        )
        for each in step.words("en").questions
    ]
    facts = dict.fromkeys(KNOWN, partner)
    return say_check_ins.AskedCheckIn(
        check_in=check_in, step=step, cycle_name=partner, partner=partner, readers=2, facts=facts,
        plan=(partner, date(2026, 11, 20)), answers=answers, closes=NOW, last_closing=NOW, today=date(2026, 11, 25),
    )  # fmt: skip


@pytest.mark.parametrize("partner", NAMES, ids=["plain", "too-long", "marked"])
@pytest.mark.parametrize(
    "step", [step for _, step in STEPS], ids=[f"{pack.id}-{step.key}" for pack, step in STEPS]
)
def test_every_step_of_every_pack_is_within_slacks_limits(step: Step, partner: str) -> None:
    voice, ask = SHIPPED.voice("en"), asked(step, partner)

    assert faults(render.message(say_check_ins.question(voice, ask))) == []
    assert (
        faults(
            render.message(
                say_check_ins.kept(voice, ask, Departure(now=NOW, first=NOW, last=NOW, held_until=NOW))
            )
        )
        == []
    )
    assert faults(render.message(say_check_ins.partner_answer(voice, step, partner, ask.answers, 1))) == []
    assert faults(render.view(say_check_ins.form(voice, ask))) == []


@pytest.mark.parametrize(
    "step", [step for _, step in STEPS], ids=[f"{pack.id}-{step.key}" for pack, step in STEPS]
)
def test_its_fields_take_as_much_as_the_question_allows(step: Step) -> None:
    view = render.view(say_check_ins.form(SHIPPED.voice("en"), asked(step, "Tama")))
    inputs = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}

    assert list(inputs) == [question.key for question in step.words("en").questions]
    for question in step.words("en").questions:
        if question.kind in (Kind.SHORT, Kind.LONG):
            assert inputs[question.key]["max_length"] == min(question.limit, 3_000)
            assert len(inputs[question.key]["initial_value"]) == min(question.limit, 3_000)
