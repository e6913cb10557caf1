import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.actions import LONGEST, decode, encode
from bot.events import Command, Opened
from tests.platforms import anything


@pytest.mark.parametrize(
    ("does", "token"),
    [
        (Command("skip 12"), "c:skip 12"),
        (Command("pause until 10:30"), "c:pause until 10:30"),
        (Opened("check-in", "12"), "o:check-in:12"),
        (Opened("profile"), "o:profile:"),
        (Opened("tell", "a:b"), "o:tell:a:b"),
    ],
)
def test_a_button_carries_its_event_as_a_short_text(does: Command | Opened, token: str) -> None:
    assert encode(does) == token
    assert decode(token) == does


@given(anything.commands | anything.opened)
def test_what_was_encoded_is_decoded(does: Command | Opened) -> None:
    assert decode(encode(does)) == does


@pytest.mark.parametrize("token", ["", "c", "o", "x:skip", "o:check-in", "o::12", "skip 12"])
def test_what_no_button_carries_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="not a button's text"):
        decode(token)


@given(st.text())
def test_nothing_else_comes_of_any_text(token: str) -> None:
    try:
        does = decode(token)
    except ValueError:
        return
    assert isinstance(does, Command | Opened)


def test_state_does_not_fit_into_a_button() -> None:
    encode(Command("x" * (LONGEST - 2)))

    with pytest.raises(ValueError, match="at most"):
        encode(Command("x" * (LONGEST - 1)))
