import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.texts import cut, pieces, units

texts = st.text() | st.text(alphabet="a b\n\t👋é")


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("ten signs.", 10, "ten signs."),
        ("ten signs.", 9, "ten…"),
        ("ten signs and more", 10, "ten signs…"),
        ("unbreakable", 6, "unbre…"),
        ("👋👋👋", 6, "👋👋👋"),
        ("👋👋👋", 5, "👋👋…"),
        ("👋👋👋", 4, "👋…"),
        ("   leading", 6, "   le…"),
    ],
)
def test_a_long_text_is_cut_at_a_word_and_says_so(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown


@given(texts, st.integers(1, 40))
def test_a_cut_text_fits_and_begins_like_the_text(text: str, limit: int) -> None:
    shown = cut(text, limit)

    assert units(shown) <= limit
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


@given(texts, st.integers(2, 40))
def test_pieces_of_a_text_fit_and_lose_nothing(text: str, limit: int) -> None:
    found = pieces(text, limit)

    assert "".join(found) == text
    assert all(units(piece) <= limit for piece in found)


def test_pieces_end_after_a_line_or_a_word() -> None:
    assert pieces("one two\nthree four", 9) == ("one two\n", "three ", "four")
    assert pieces("one two three", 8) == ("one two ", "three")


def test_half_a_character_from_a_careless_client_is_no_error() -> None:
    assert units(cut("\ud83d" * 10, 4)) <= 4
    assert "".join(pieces("\ud83d" * 10, 4)) == "\ud83d" * 10
