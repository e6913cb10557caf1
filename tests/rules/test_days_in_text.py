"""Days as people write them within a sentence."""

from datetime import date

import pytest

from bot.rules.dates import days_in, read_day

MONDAY = date(2026, 9, 7)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("can you stop the messages until January", None, date(2027, 1, 1)),
        ("away till the 3rd", None, date(2026, 10, 3)),
        ("pause until 12 May", None, date(2027, 5, 12)),
        ("I'm off until after Easter", None, date(2027, 3, 28)),
        ("on jury service for two weeks", None, date(2026, 9, 21)),
        ("maternity leave from Friday", date(2026, 9, 11), None),
        ("off from Friday for two weeks", date(2026, 9, 11), date(2026, 9, 25)),
        ("on jury service from Friday, two weeks", date(2026, 9, 11), date(2026, 9, 25)),
        ("from Friday, back two weeks later", date(2026, 9, 11), date(2026, 9, 25)),
        ("from 14 Sept to 18 Sept", date(2026, 9, 14), date(2026, 9, 18)),
        ("I'm on strike tomorrow and Thursday", None, date(2026, 9, 10)),
        ("How about the 14th at 10?", None, date(2026, 9, 14)),
        ("shall we meet on zoom after school on Monday", None, date(2026, 9, 14)),
        ("back on 5/10", None, date(2026, 10, 5)),
        ("next week", None, date(2026, 9, 14)),
        ("I'm off for a bit", None, None),
        ("4 groups of 10 pupils may talk", None, None),
        ("I can't make it", None, None),
    ],
)
def test_days_are_read_from_a_sentence(text: str, since: date | None, until: date | None) -> None:
    assert days_in(text, MONDAY) == (since, until)


@pytest.mark.parametrize(
    "text",
    [
        "until \u201c12 October\u201d",
        "12\u201310\u20132026",
        "until 12\u201410\u20142026",
        '"12 October"',
        "2026\u201110\u201112",
    ],
)
def test_what_a_phone_makes_of_quotes_and_hyphens_is_still_a_day(text: str) -> None:
    assert read_day(text, MONDAY) == date(2026, 10, 12)
