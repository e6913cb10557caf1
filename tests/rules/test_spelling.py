"""Names and ids are compared as a reader compares them."""

import pytest

from bot.rules.spelling import folded


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("St. John\u2019s", "ST JOHN'S"),
        ("C.E. Primary", "CE Primary"),
        ("007", "7"),
        ("W-0042", "w 42"),
        ("Ana\u2011Maria", "Ana-Maria"),
        ("\uff2fak", "Oak"),
        ("Bo@X.org", "bo@x.org"),
    ],
)
def test_what_a_reader_takes_for_one_is_one(a: str, b: str) -> None:
    assert folded(a) == folded(b)


@pytest.mark.parametrize(
    ("a", "b"), [("1.5", "15"), ("j.smith@x.org", "jsmith@x.org"), ("10", "100"), ("Ana", "Anna")]
)
def test_what_a_reader_takes_for_two_is_two(a: str, b: str) -> None:
    assert folded(a) != folded(b)
