import json
from html.parser import HTMLParser

import pytest
from hypothesis import given

from adapters.chat import plain
from adapters.cli.platforms import previews
from adapters.playground.messenger import renderer
from adapters.playground.render import form, message, words
from bot.events import Command
from bot.message import Button, Buttons, Fields, Form, Input, Message, Quote, Text
from bot.model import Kind, Question
from bot.prompts import escape
from tests.platforms import anything
from tests.playground.script import ASK, DIGEST, everything

TAGS = {
    "a",
    "blockquote",
    "br",
    "button",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "fieldset",
    "figcaption",
    "figure",
    "form",
    "h3",
    "hr",
    "img",
    "input",
    "label",
    "legend",
    "li",
    "ol",
    "p",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "textarea",
    "th",
    "thead",
    "tr",
    "ul",
}
VOID = {"br", "hr", "img", "input"}


class Seen(HTMLParser):
    """Every tag, attribute and text that a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: list[str] = []
        self.described: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        known = dict(attrs)
        self.ids += filter(None, [known.get("id")])
        self.described += (known.get("aria-describedby") or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def safe(html: str) -> Seen:
    seen = Seen(html)
    assert set(seen.tags) <= TAGS
    assert seen.open == []
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "srcdoc", "action", "formaction")
        if name in ("href", "src"):
            assert (value or "").lower().startswith(("http://", "https://", "mailto:", "tel:", "data:"))
            assert not (value or "").lower().startswith(("data:text/html", "javascript:"))
    return seen


@given(anything.messages_without_pictures)
def test_no_word_of_anybody_becomes_a_tag(said: Message) -> None:
    safe(message(said))


@given(anything.forms)
def test_every_field_of_a_form_is_described_by_what_is_there(asked: Form) -> None:
    seen = safe(form(asked))

    assert len(set(seen.ids)) == len(seen.ids)
    assert set(seen.described) <= set(seen.ids)


@given(anything.words)
def test_words_are_shown_as_they_were_written(text: str) -> None:
    said = Message("s", (Quote(text), Fields(((text, text),)), Text(escape(text))))

    assert "".join(text.split()) in "".join(safe(words(text)).text.split())
    assert "".join(safe(message(said)).text.split()).startswith("".join((text * 3).split()))


def test_what_stood_in_a_text_area_stands_there_again_with_its_first_line_end() -> None:
    asked = Question(key="q", kind=Kind.LONG, label="?")
    html = form(Form(name="f", title="t", inputs=(Input(asked, "\n\nafter </textarea><b>"),), submit="s"))

    assert ">\n\n\nafter &lt;/textarea&gt;&lt;b&gt;</textarea>" in html


def test_a_field_has_its_label_its_hint_its_fault_and_its_mark() -> None:
    html = form(everything({"what": ""}, "Please write a word."))

    assert (
        '<label for="field-what">What did you try?<span class="needed" aria-hidden="true"> *</span></label>'
        in html
    )
    assert 'aria-describedby="field-what-hint field-what-error" aria-invalid="true"' in html
    assert '<p class="hint" id="field-what-hint">One thing is plenty.</p>' in html
    assert html.count("<fieldset") == html.count("<legend") == 3


def test_the_ways_past_a_form_are_no_submit_buttons() -> None:
    html = message(ASK)

    assert html.count('type="submit"') == 1
    assert '<button type="button" data-press="c:skip 12">Skip this week</button>' in html


def test_a_chart_is_a_picture_with_the_same_facts_in_words() -> None:
    html = message(DIGEST)

    assert '<img class="chart" src="data:image/svg+xml;base64,' in html
    assert 'alt="How many of those asked replied, by week' in html
    assert 'download="my-data.json" href="data:application/json;base64,eyJhIjogMX0="' in html


@pytest.mark.parametrize("press", ['c:tell "him" <b>', "c:a&b"])
def test_a_buttons_event_survives_the_page(press: str) -> None:
    html = message(Message("s", (Buttons((Button("Go", Command(press[2:])),)),)))

    assert ("data-press", press) in Seen(html).attributes


def test_a_transcript_says_everything_that_is_said() -> None:
    text = plain.message(ASK)

    assert text.splitlines()[0] == "What did you try this week?"
    assert "Only Tama sees this." in text
    assert "What did you try? *" in text
    assert "  ( ) 1 – just a hunch" in text
    assert "[Send to Tama] [In an hour] [Skip this week]" in text


@given(anything.messages_without_pictures)
def test_every_rendering_can_be_stored(said: Message) -> None:
    rendered = renderer(previews())(said)

    assert rendered["html"]
    assert list(rendered["previews"]) == ["slack", "teams"]
    assert all(json.loads(each) for each in rendered["previews"].values())
