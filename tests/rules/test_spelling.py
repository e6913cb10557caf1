"""Names and ids are compared as a reader compares them."""

import pytest

from bot.rules.spelling import folded, typed_name


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


@pytest.mark.parametrize(
    "typed", ["\u201cAnn O\u2019Neil\u201d", '"Ann O\'Neil"', " \u00abAnn O\u02bcNeil\u00bb "]
)
def test_quotation_marks_around_a_typed_name_are_no_part_of_it(typed: str) -> None:
    assert typed_name(typed) == folded("Ann O'Neil")
