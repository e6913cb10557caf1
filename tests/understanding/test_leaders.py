"""How typical texts of coordinators and principals are read: rightly, or asked about with the right thing offered."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bot.model import Intent, Role
from bot.prompts import Prompts
from bot.understanding.reader import Reader
from bot.understanding.situation import Situation

READER = Reader(Prompts.load(Path(__file__).parents[2] / "prompts").phrases("en"))
LINES = [
    (Role(row["role"]), Intent(row["intent"]), row["text"])
    for row in csv.DictReader(
        (Path(__file__).parent / "leaders.en.tsv").read_text("utf-8").splitlines(), delimiter="\t"
    )
]


def test_there_are_forty_of_each() -> None:
    assert Counter(role for role, _, _ in LINES) == {Role.COORDINATOR: 40, Role.PRINCIPAL: 40}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PRINCIPAL])
def test_nearly_all_are_read_rightly_or_asked_about(role: Role) -> None:
    own = [(intent, text) for each, intent, text in LINES if each is role]
    situation = Situation(today=date(2026, 9, 7), roles=frozenset({role}))
    readings = {text: READER.read(text, situation) for _, text in own}
    wrong = [
        f"{text!r} ({intent}) read as {readings[text].intent}, others {readings[text].others}"
        for intent, text in own
        if readings[text].intent is not intent
        and (readings[text].certain or intent not in readings[text].choices)
    ]
    assert len(wrong) <= 4, "\n".join(wrong)


def test_every_worry_about_a_child_is_caught() -> None:
    worries = [(role, text) for role, intent, text in LINES if intent is Intent.SAFEGUARDING]
    for role, text in worries:
        situation = Situation(today=date(2026, 9, 7), roles=frozenset({role}))
        assert READER.read(text, situation).intent is Intent.SAFEGUARDING, text
