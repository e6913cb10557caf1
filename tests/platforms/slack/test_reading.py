"""Rendered messages are read back with the same text, buttons and questions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import category

import pytest
from hypothesis import given

from adapters.chat.markdown import flat, parse, plain_text
from adapters.slack.render import errors, messages, view
from adapters.slack.render import message as rendered
from bot.events import Command, Opened
from bot.message import Button, Buttons, Fields, Form, Heading, Image, Message, Quote, Table, Text
from tests.journeys.town import buttons_of, plain
from tests.platforms import anything
from tests.platforms.slack.reading import buttons, form, message
from tests.playground.script import ASK, DIGEST, everything, kept


def seen(md: str) -> str:
    """Return a Markdown text as its reader sees it, with single spaces."""
    return " ".join(plain_text(flat(parse(md))).split())


@pytest.mark.parametrize(
    "md",
    [
        "Only **Tama** sees *this*.",
        "***both***",
        "[Why?](https://example.org/?a=1&b)",
        "R&D \\<now",
        "a**b**c",
        "one\n\ntwo",
        "- one\n- **two**\n    - three",
        "1. first\n2. second",
        "a\\\nb",
        "snake\\_case and \\*stars\\*",
    ],
)
def test_our_markdown_comes_back_with_the_same_words(md: str) -> None:
    (text,) = message(rendered(Message("s", (Text(md),)))).elements
    assert isinstance(text, Text)
    assert seen(text.md) == seen(md)


@pytest.mark.parametrize(
    ("mrkdwn", "md"),
    [
        ("*bold* and _thin_", "**bold** and *thin*"),
        ("<https://example.org/a_b|*x*>", "[**x**](<https://example.org/a_b>)"),
        ("a*b*c &lt;d&gt;", "a\\*b\\*c \\<d\\>"),
        ("a\u200b*b*\u200bc", "a**b**c"),
        ("<!channel> <@U1>", "\\<!channel\\> \\<@U1\\>"),
        ("one\n• two\n• three", "one\n- two\n- three"),
    ],
)
def test_mrkdwn_is_read_as_slack_shows_it(mrkdwn: str, md: str) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}
    assert message({"text": "s", "blocks": [section]}).elements == (Text(md),)


@pytest.mark.parametrize("said", [DIGEST, kept("I waited *four* seconds.\n<b>All</b> &amp; everybody."), ASK])
def test_a_real_message_reads_the_same(said: Message) -> None:
    read = message(rendered(said))

    assert read.summary == said.summary
    assert [(each.label, each.does) for each in buttons_of(read)] == [
        (each.label, each.does) for each in buttons_of(said)
    ]
    for element in said.elements:
        if isinstance(element, Quote | Heading):
            assert element in read.elements
        elif isinstance(element, Text):
            assert seen(element.md) in seen("\n\n".join(texts(read)))
        elif isinstance(element, Image):
            assert Text(element.alt, small=True) in read.elements
        elif isinstance(element, Fields | Table):
            assert plain(Message("", (element,))).strip() in plain(read)


def texts(said: Message) -> Iterable[str]:
    return [each.md for each in said.elements if isinstance(each, Text)]


@given(anything.words)
def test_plain_words_are_read_as_they_stand(said: str) -> None:
    section = {"type": "section", "text": {"type": "plain_text", "text": said, "emoji": False}}
    (text,) = message({"text": "s", "blocks": [section]}).elements
    assert isinstance(text, Text)
    assert seen(text.md) == shown(said)


def shown(said: str) -> str:
    """Return the text without characters that no message can hold."""
    return " ".join(
        "".join(each for each in said if each.isspace() or category(each) not in ("Cc", "Cs")).split()
    )


def test_lists_and_links_read_as_in_the_journeys() -> None:
    said = Message("s", (Text("See **this**:\n\n- one [x](https://example.org)\n- two's"),))
    assert plain(message(rendered(said))) == "s\nSee **this**:\n- one [x](<https://example.org>)\n- two's"


@given(anything.messages_without_pictures)
def test_any_message_keeps_its_buttons_and_everybodys_words(said: Message) -> None:
    payload = rendered(said)
    read = message(payload)

    if len(messages(said)) == 1:
        assert [each.does for each in buttons_of(read)] == [each.does for each in buttons_of(said)]
        assert bare(each.text for each in read.elements if isinstance(each, Quote)) == bare(
            each.text for each in said.elements if isinstance(each, Quote)
        )
        assert set(pairs(said)) <= set(pairs(read))
    assert [button for button, _ in buttons(payload)] == list(buttons_of(read))
    again = rendered(read)
    if len(messages(said)) == len(messages(read)) == 1:
        assert bare(map(seen, texts(message(again)))) == bare(map(seen, texts(read)))


def pairs(said: Message) -> Iterable[str]:
    """Return the labels with their values, where both are present and short enough to be shown whole."""
    for element in said.elements:
        if isinstance(element, Fields):
            yield from (
                bare(pair)
                for pair in element.items
                if bare(pair[:1]) and bare(pair[1:]) and len("".join(pair)) < 900
            )


def bare(texts: Iterable[str]) -> str:
    return re.sub(r"[\s\u200b]+", "", "".join(texts))


@given(anything.forms)
def test_any_form_keeps_its_questions(asked: Form) -> None:
    shown = view(asked)
    read = form(shown)

    assert (read.name, read.context) == (asked.name, asked.context)
    kept = {each.question.key: each.question for each in read.inputs}
    for each in asked.inputs:
        if each.question.key in kept:
            assert kept[each.question.key].kind.value in (each.question.kind.value, "scale")
            assert kept[each.question.key].needed == each.question.needed
    assert [each.value for each in form(view(read)).inputs] == [each.value for each in read.inputs]


def test_a_form_reads_with_values_and_what_is_wrong() -> None:
    values = {
        "what": "Waited",
        "sure": "4",
        "when": "2026-11-20",
        "at": "15:45",
        "with": "8b;9a",
        "name": "n",
    }
    asked = everything(values, "Please write a word.")

    assert form(view(asked), errors(asked)) == asked


def test_buttons_carry_what_they_do() -> None:
    row = Buttons(
        (Button("Skip", Command("skip 12")), Button("Change", Opened("check-in", "12"), primary=True))
    )
    assert message(rendered(Message("s", (row,)))).elements == (row,)
