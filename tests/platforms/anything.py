"""Hypothesis strategies for every message: any element, with any text, also hostile text."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from bot.events import Command, Opened
from bot.message import (
    Button,
    Buttons,
    Chart,
    Divider,
    Element,
    Fields,
    File,
    Form,
    Heading,
    Image,
    Input,
    Inputs,
    Message,
    Quote,
    Table,
    Text,
    Week,
)
from bot.model import Kind, Option, Question
from bot.prompts import escape

HOSTILE = (
    "<!channel>",
    "<!here|you>",
    "<@U0123ABCD>",
    "<#C0123ABCD>",
    "<https://evil.example|click>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example",
    "&lt;b&gt;",
    "&amp;lt;",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "*bold*",
    "_italic_",
    "~gone~",
    "`code`",
    "```block```",
    ":tada:",
    "> quoted",
    "- item",
    "1. item",
    "# heading",
    "{{DATE(2026-11-24T00:00:00Z,SHORT)}}",
    "<at>Tama</at>",
    "\u202eright to left",
    "e\u0301" * 40,
    "👩‍👩‍👧‍👦" * 30,
    "a" * 5_000,
    "word " * 3_000,
    '"' * 3_000,
    "&" * 3_000,
)

words = st.one_of(
    st.text(max_size=60),
    st.sampled_from(HOSTILE),
    st.builds(" ".join, st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4)),
)
markdown = st.one_of(
    words.map(escape),
    words.map(lambda text: f"**{escape(text)}** and *{escape(text)}*"),
    words.map(lambda text: f"- {escape(text)}\n- two\n    - three"),
    st.text(max_size=80),
)
keys = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
commands = st.builds(Command, st.from_regex(r"[a-z-]{1,12}( [0-9]{1,9})?", fullmatch=True))
opened = st.builds(Opened, keys, st.from_regex(r"[0-9]{0,9}", fullmatch=True))
buttons = st.builds(Button, words, commands | opened, st.booleans())
rows = st.lists(buttons, min_size=1, max_size=4).map(tuple)
options = st.lists(st.builds(Option, keys, words), max_size=15, unique_by=lambda option: option.key).map(
    tuple
)
questions = st.builds(
    Question,
    key=keys,
    kind=st.sampled_from(Kind),
    label=words,
    hint=words,
    needed=st.booleans(),
    limit=st.integers(1, 10_000),
    options=options,
)
inputs = st.builds(Input, questions, words | st.just("2026-11-24") | st.just("15:30"), words)
forms = st.builds(
    Form,
    name=keys,
    context=st.from_regex(r"[0-9]{0,9}", fullmatch=True),
    title=words,
    intro=markdown,
    inputs=st.lists(inputs, max_size=5, unique_by=lambda each: each.question.key).map(tuple),
    submit=words,
)
levels = st.none() | st.integers(1, 4)
charts = st.builds(
    Chart,
    title=words,
    subtitle=words,
    levels=st.tuples(words, words, words, words),
    weeks=st.lists(
        st.builds(Week, st.dates(date(2026, 1, 1), date(2027, 1, 1)), words, levels, levels, st.booleans()),
        max_size=12,
        unique_by=lambda week: week.monday,
    ).map(tuple),
    gap=words,
    footer=words,
)
tables = st.integers(1, 4).flatmap(
    lambda columns: st.builds(
        Table,
        st.tuples(*[words] * columns),
        st.lists(st.tuples(*[words] * columns), max_size=4).map(tuple),
    )
)
without_pictures: st.SearchStrategy[Element] = st.one_of(
    st.builds(Heading, words),
    st.builds(Text, markdown, st.booleans()),
    st.builds(Quote, words, words),
    st.builds(Fields, st.lists(st.tuples(words, words), max_size=12).map(tuple)),
    st.just(Divider()),
    st.builds(Buttons, rows),
    st.builds(Inputs, forms, words, st.lists(buttons, max_size=3).map(tuple)),
    tables,
    st.builds(File, words, words, st.binary(max_size=20)),
)
elements = without_pictures | st.builds(Image, charts, words)
messages = st.builds(Message, words, st.lists(elements, max_size=12).map(tuple))
messages_without_pictures = st.builds(Message, words, st.lists(without_pictures, max_size=12).map(tuple))
