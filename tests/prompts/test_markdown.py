import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.prompts import escape
from bot.prompts.markdown import bare, count_words, find_phrases, sections, sentences

COMMONMARK = MarkdownIt("commonmark", {"html": False})
GENEROUS = MarkdownIt("gfm-like", {"html": True, "linkify": False})

HOSTILE = [
    "**bold** _it_ `code` ~~gone~~",
    "<script>alert(1)</script>",
    "<!channel> <@U123> <https://evil.test|bank>",
    "[click](https://evil.test)",
    "![x](y)",
    "https://evil.test www.evil.test me@evil.test",
    "# Heading",
    "- list",
    "1. one",
    "1) one",
    "> quote",
    "    code",
    "---",
    "===",
    "| a | b |\n|---|---|",
    "&lt; &amp; &#35;",
    "back\\slash \\",
    "line\nline\n\n# heading",
    "{name} {0} {name.__class__}",
    "[a]: https://evil.test",
    "***",
    "`",
    "\x00\x07\ud800bell",
    "O’Neil & Söhne – “ok” 🎉 ﷽ \u202eabc",
]


def visible(text: str) -> str:
    """Return a text without control characters, with single spaces."""
    kept = "".join(sign for sign in " ".join(text.split()) if not _is_control(sign))
    return " ".join(kept.split())


def _is_control(sign: str) -> bool:
    return sign < " " or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff"


def shown(markdown: str, reader: MarkdownIt = COMMONMARK) -> str:
    """Return what a reader sees, given that the only tag is one paragraph."""
    rendered = reader.render(markdown)
    assert set(re.findall(r"</?(\w+)", rendered)) <= {"p"}, rendered
    return " ".join(html.unescape(re.sub(r"</?p>", "", rendered)).split())


@pytest.mark.parametrize("reader", [COMMONMARK, GENEROUS], ids=["commonmark", "gfm with HTML"])
@pytest.mark.parametrize("text", HOSTILE)
def test_an_escaped_text_shows_itself_and_nothing_else(text: str, reader: MarkdownIt) -> None:
    assert shown(escape(text), reader) == visible(text)


@given(st.text())
@example("-")
@example("+ \t")
@example("1.\n")
def test_any_text_survives_escaping(text: str) -> None:
    assert shown(escape(text)) == visible(text)


@given(st.text(st.sampled_from("*_`[]()<>!#&;:/.@~|\\-+=1x \n\t{}\"'")))
def test_any_run_of_marks_survives_escaping_in_the_middle_of_our_own_marks(text: str) -> None:
    assert shown(f"Before {escape(text)} after") == " ".join(f"Before {visible(text)} after".split())


def test_only_headings_of_the_level_begin_a_section_and_lines_are_counted() -> None:
    text = "# Title\n\n## one\nfirst\n\n```\n## not this\n```\n\n## two\n\n\nsecond\n---\n"

    before, found = sections(text, level=2)

    assert before.strip() == "# Title"
    assert [(each.key, each.line, each.text_line) for each in found] == [("one", 3, 4), ("two", 10, 13)]
    assert "## not this" in found[0].text
    assert found[1].text == "second\n---"


def test_marks_are_no_words_and_each_item_of_a_list_is_a_sentence_of_its_own() -> None:
    text = "**One** two, `three four`.\n\n- five six\n- [seven](https://example.test)"

    assert bare(text) == "One two, three four.\n\nfive six\n\nseven"
    assert count_words(text) == 7
    assert sentences(text) == ("One two, three four.", "five six", "seven")


def test_phrases_are_found_whole_in_any_case_and_with_either_apostrophe() -> None:
    found = find_phrases(["you haven't", "bad"], "YOU  HAVEN’T seen the badge, too bad")

    assert found == ("YOU  HAVEN’T", "bad")
    assert find_phrases([], "anything") == ()
