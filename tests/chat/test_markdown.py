import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.markdown import Listing, Paragraph, Run, flat, parse, plain_text, split
from bot.prompts import escape


def test_the_little_markdown_of_our_messages_becomes_runs() -> None:
    (block,) = parse("Only **Tama** sees *this*. [Why?](https://example.org/a?b=1&c)")

    assert block == Paragraph(
        (
            Run("Only "),
            Run("Tama", bold=True),
            Run(" sees "),
            Run("this", italic=True),
            Run(". "),
            Run("Why?", href="https://example.org/a?b=1&c"),
        )
    )


def test_lists_keep_their_numbers_and_their_depth() -> None:
    text = plain_text(flat(parse("Before\n\n- one\n    - deeper\n- two\n\n3. three\n4. four")))

    assert text == "Before\n• one\n    • deeper\n• two\n3. three\n4. four"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "/etc/passwd", "file:///x", "x" * 2_000]
)
def test_a_link_that_is_no_address_is_only_words(href: str) -> None:
    assert not any(run.href for run in flat(parse(f"[words]({href})")))


@given(st.text())
def test_escaped_words_come_out_as_they_went_in(text: str) -> None:
    runs = flat(parse(f"Before {escape(text)}."))

    assert not any(run.bold or run.italic or run.code or run.href for run in runs)
    assert " ".join(plain_text(runs).split()) == " ".join(f"Before {visible(text)}.".split())


def visible(text: str) -> str:
    """What a fact shows: the core shows no control characters in one line."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable() or not is_control(sign))


def is_control(sign: str) -> bool:
    import unicodedata

    return unicodedata.category(sign) in {"Cc", "Cs"}


@given(st.text())
def test_any_text_can_be_walked(md: str) -> None:
    for block in parse(md):
        assert isinstance(block, Paragraph | Listing)


@given(st.lists(st.builds(Run, st.text(max_size=80), bold=st.booleans())), st.integers(10, 60))
def test_parts_fit_and_lose_no_word(runs: list[Run], limit: int) -> None:
    def size(run: Run) -> int:
        return len(run.text) * 2 + 4

    parts = list(split(runs, limit, size))

    assert "".join(run.text for part in parts for run in part) == "".join(run.text for run in runs)
    assert all(sum(map(size, part)) <= limit for part in parts)
