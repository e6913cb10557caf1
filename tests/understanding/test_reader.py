from datetime import date
from pathlib import Path

import pytest

from bot.model import Intent
from bot.prompts import Prompts
from bot.understanding.reader import Reader
from bot.understanding.safeguarding import Worry, worry_in
from bot.understanding.situation import Situation

ENGLISH = Prompts.load(Path("prompts")).phrases("en")
NOTHING_OPEN = Situation(today=date(2026, 9, 1))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Who's my partner??", Intent.WHO_PARTNER),
        ("UNSUBSCRIBE", Intent.LEAVE),
        ("can i chnage my answer", Intent.CHANGE_ANSWER),
    ],
)
def test_slips_case_and_signs_are_forgiven(text: str, intent: Intent) -> None:
    assert Reader(ENGLISH).read(text, NOTHING_OPEN).intent is intent


def test_a_worry_about_a_child_is_found() -> None:
    assert worry_in("a boy told me his dad hits him", ENGLISH) is Worry.FOUND
