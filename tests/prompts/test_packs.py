import re
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Kind, Option, Pack, Share
from bot.prompts import PackError, Prompts, parse_pack

PACK = """\
id: tiny
version: 1.2.3
languages: [en, cy]
title:
  en: Tiny
  cy: Bach
words: [partner, plan]
steps:
  - key: first
    file: 1-first
    day: 1
    open_days: 3
    remind_after: 2
    share: partner
    stage: knowing
    plan: [when, will]
    visit_day: day
  - key: second
    file: 2-second
    day: 5
    open_days: 2
    share: me
    stage: sharing
    story: [what, story]
"""
FIRST = """\
---
form: The first
principals: Listen.
---
**What will you and {partner} do?**

A line.

Another: {plan}

## when (short, needed, 120)
When
> For example: they
> go quiet.

## will (long)
I will

## day (date)
Which day?
"""
SECOND = """\
---
form: The second
---
**How was it?**

## what (long, 300, needed)
What happened?

## story (one)
May we tell?
- yes: Yes: gladly
- no: No

## worth (scale)
Worth it
- 1: Hardly
- 5: Fully
"""
FILES = {
    "pack.yaml": PACK,
    "1-first.en.md": FIRST,
    "1-first.cy.md": FIRST.replace("When\n", "Pan\n"),
    "2-second.en.md": SECOND,
    "2-second.cy.md": SECOND,
}


def test_a_pack_is_what_its_files_say() -> None:
    pack = parse_pack("tiny", FILES)

    assert (pack.id, pack.version, pack.languages) == ("tiny", "1.2.3", ("en", "cy"))
    assert (pack.title("cy"), pack.title("mi")) == ("Bach", "Tiny")
    first, second = pack.steps
    assert (first.day, first.open_days, first.remind_after, first.share) == (1, 3, 2, Share.PARTNER)
    assert (first.plan, first.visit_day, first.stage) == (("when", "will"), "day", "knowing")
    assert (second.remind_after, second.share, second.story) == (None, Share.ME, ("what", "story"))
    assert first.words("cy").questions[0].label == "Pan"
    assert first.words("mi").questions[0].label == "When", "an unknown language gets the first"


def test_a_wording_has_its_parts() -> None:
    wording = parse_pack("tiny", FILES).step("first").words("en")

    assert (wording.form, wording.principals) == ("The first", "Listen.")
    assert wording.lead == "**What will you and {partner} do?**"
    assert wording.body == "A line.\n\nAnother: {plan}"
    when, will, day = wording.questions
    assert (when.key, when.kind, when.needed, when.limit) == ("when", Kind.SHORT, True, 120)
    assert when.hint == "For example: they go quiet."
    assert (will.kind, will.needed, will.limit, will.hint) == (Kind.LONG, False, 500, "")
    assert (day.kind, day.label) == (Kind.DATE, "Which day?")


def test_options_have_a_key_to_keep_and_a_label_to_read() -> None:
    _, story, worth = parse_pack("tiny", FILES).step("second").words("en").questions

    assert story.options == (Option("yes", "Yes: gladly"), Option("no", "No"))
    assert worth.options == (Option("1", "Hardly"), Option("5", "Fully"))


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "what"),
    [
        ("pack.yaml", "steps:", "steps: [", "pack.yaml:9", "bad-yaml"),
        ("pack.yaml", PACK, "- a list\n", "pack.yaml:1", "not-settings"),
        ("pack.yaml", "id: tiny", "id: other", "pack.yaml:1", "pack-id"),
        ("pack.yaml", "1.2.3", "1.2", "pack.yaml:2", "setting-not-text"),
        ("pack.yaml", "1.2.3", "v1", "pack.yaml:2", "pack-version"),
        ("pack.yaml", "  cy: Bach\n", "", "pack.yaml:4", "translation-missing"),
        ("pack.yaml", "[en, cy]", "[en, no]", "pack.yaml:3", "setting-not-texts"),
        ("pack.yaml", "[partner, plan]", "[partner, class]", "pack.yaml:7", "word-unknown"),
        ("pack.yaml", "day: 5", "day: 1", "pack.yaml:20", "days-not-rising"),
        ("pack.yaml", "day: 5", "day: soon", "pack.yaml:20", "setting-not-number"),
        ("pack.yaml", "share: me", "share: boss", "pack.yaml:22", "share-unknown"),
        ("pack.yaml", "key: second", "key: first", "pack.yaml:18", "duplicate-key"),
        ("pack.yaml", "remind_after: 2", "remind_after: 3", "pack.yaml:13", "remind-too-late"),
        ("pack.yaml", "    share: me", "    share: me\n    colour: red", "pack.yaml:23", "unknown-setting"),
        ("pack.yaml", "[when, will]", "[when, then]", "pack.yaml:16", "question-missing"),
        ("pack.yaml", "[when, will]", "when", "pack.yaml:16", "setting-not-pair"),
        ("pack.yaml", "visit_day: day", "visit_day: when", "pack.yaml:17", "question-missing"),
        ("pack.yaml", "stage: sharing", "stage: x\n    challenge: true", "pack.yaml:24", "question-missing"),
        ("pack.yaml", "stage: sharing", "stage: x\n    challenge: 3", "pack.yaml:24", "setting-not-truth"),
        ("pack.yaml", "    day: 1\n", "    day: 1\n    day: 2\n", "pack.yaml:12", "duplicate-key"),
        ("pack.yaml", "  - key: second\n    file", "  - then\n  - file", "pack.yaml:18", "step-not-settings"),
        ("1-first.en.md", "form: The first\n", "", "1-first.en.md:2", "setting-not-text"),
        ("1-first.en.md", "form:", "title: x\nform:", "1-first.en.md:2", "unknown-setting"),
        ("1-first.en.md", "principals: Listen.", "principals: a: b", "1-first.en.md:3", "bad-yaml"),
        ("1-first.en.md", "**What will you and {partner} do?**", "What?", "1-first.en.md:5", "lead-missing"),
        ("1-first.en.md", "(short, needed, 120)", "(shout, needed)", "1-first.en.md:11", "kind-unknown"),
        ("1-first.en.md", "(short, needed, 120)", "(short, always)", "1-first.en.md:11", "trait-unknown"),
        ("1-first.en.md", "(short, needed, 120)", "(short, 3001)", "1-first.en.md:11", "trait-unknown"),
        ("1-first.en.md", "## when (short, needed, 120)", "## when", "1-first.en.md:11", "heading-spelling"),
        ("1-first.en.md", "## will (long)", "## when (long)", "1-first.en.md:16", "duplicate-key"),
        ("1-first.en.md", "I will\n", "", "1-first.en.md:16", "question-label"),
        ("1-first.en.md", "I will\n", "I will\n\nAnd more\n", "1-first.en.md:16", "question-label"),
        ("1-first.en.md", "I will\n", "I **will**\n", "1-first.en.md:17", "question-not-plain"),
        ("1-first.en.md", "I will\n", "I will\n\n- a: b\n- c: d\n", "1-first.en.md:19", "question-odd-part"),
        ("2-second.en.md", "- no: No\n", "", "2-second.en.md:9", "question-options"),
        ("2-second.en.md", "- no: No", "- yes: No", "2-second.en.md:9", "question-options"),
        ("2-second.en.md", "- no: No", "- No", "2-second.en.md:12", "option-spelling"),
        ("2-second.en.md", "- 5: Fully", "- 6: Fully", "2-second.en.md:14", "scale-options"),
        ("2-second.en.md", "- no: No\n", "- no: No\n> example: No\n", "2-second.en.md:9", "question-example"),
        ("1-first.cy.md", "## will (long)", "## wyf (long)", "1-first.cy.md:1", "translation-lacks"),
        ("1-first.cy.md", "## will (long)", "## will (short)", "1-first.cy.md:1", "translation-lacks"),
        ("2-second.cy.md", "- no: No", "- na: No", "2-second.cy.md:9", "translation-options"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_its_file_line_and_kind(
    file: str, old: str, new: str, where: str, what: str
) -> None:
    assert old in FILES[file]
    files = {**FILES, file: FILES[file].replace(old, new, 1)}

    with pytest.raises(PackError) as refused:
        parse_pack("tiny", files)

    assert f"{refused.value.file}:{refused.value.line}" == where
    assert refused.value.what.split(" ")[0] == what


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_refused(missing: str) -> None:
    with pytest.raises(PackError, match=r"pack\.yaml:\d+: (translation-missing|pack-yaml-missing)"):
        parse_pack("tiny", {name: text for name, text in FILES.items() if name != missing})


def test_a_file_that_no_step_names_is_refused() -> None:
    with pytest.raises(PackError, match=r"1-frist\.en\.md:1: file-unused"):
        parse_pack("tiny", {**FILES, "1-frist.en.md": FIRST})


@given(st.text(), st.sampled_from(sorted(FILES)))
def test_any_text_in_place_of_a_file_is_a_pack_error_or_a_pack(text: str, file: str) -> None:
    with suppress(PackError):
        assert parse_pack("tiny", {**FILES, file: text}).id == "tiny"


@given(st.data())
def test_any_line_left_out_is_a_pack_error_or_a_pack(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(FILES)))
    lines = FILES[file].split("\n")
    gone = data.draw(st.integers(0, len(lines) - 1))
    with suppress(PackError):
        assert parse_pack("tiny", {**FILES, file: "\n".join(lines[:gone] + lines[gone + 1 :])}).id == "tiny"


def written(pack: Pack) -> Mapping[str, str]:
    """Write a pack as files by the rules of the format, without the original text."""
    lines = [
        f"id: {pack.id}",
        f"version: {pack.version}",
        f"languages: [{', '.join(pack.languages)}]",
        "title:",
    ]
    lines += [f"  {language}: {title}" for language, title in pack.titles]
    lines += ["words: [partner, school, focus, plan, visit_day, goal]", "steps:"]
    files = {}
    for number, step in enumerate(pack.steps, 1):
        lines += [
            f"  - key: {step.key}",
            f"    file: {number}-{step.key}",
            f"    share: {step.share}",
            f"    stage: {step.stage}",
        ]
        lines += [
            f"    day: {step.day}",
            f"    open_days: {step.open_days}",
            f"    challenge: {step.is_challenge}",
            f"    story_for_all: {step.story_for_all}",
        ]
        optional = {"remind_after": step.remind_after, "focus": step.focus, "visit_day": step.visit_day}
        lines += [f"    {name}: {value}" for name, value in optional.items() if value is not None]
        pairs = {"plan": step.plan, "story": step.story}
        lines += [f"    {name}: [{', '.join(value)}]" for name, value in pairs.items() if value]
        for language, words in step.wording:
            text = f"---\nform: {words.form}\nprincipals: {words.principals}\n---\n"
            text += f"{words.lead}\n\n{words.body}\n"
            for each in words.questions:
                limit = f", {each.limit}" if each.kind in {Kind.SHORT, Kind.LONG} else ""
                text += (
                    f"\n## {each.key} ({each.kind}{', needed' if each.needed else ''}{limit})\n{each.label}\n"
                )
                text += f"> {each.hint}\n" if each.hint else ""
                text += f">\n> example: {each.example}\n" if each.example else ""
                text += "".join(f"\n- {option.key}: {option.label}" for option in each.options)
            files[f"{number}-{step.key}.{language}.md"] = text
    return {"pack.yaml": "\n".join(lines), **files}


@pytest.mark.parametrize("pack_id", ["joint-practice-6wk", "peer-visit-2wk"])
def test_a_shipped_pack_written_out_again_is_the_same_pack(prompts: Prompts, pack_id: str) -> None:
    pack = prompts.pack(pack_id)

    assert parse_pack(pack_id, written(pack)) == pack
    assert parse_pack(pack_id, prompts.pack_files(pack_id)) == pack


def test_the_shipped_packs_keep_the_promises_of_the_design(prompts: Prompts) -> None:
    six, two = prompts.pack("joint-practice-6wk"), prompts.pack("peer-visit-2wk")

    keys = ["focus", "contract", "plan", "visit", "after", "challenge", "halfway", "week", "close"]
    assert [step.key for step in six.steps] == keys
    assert [step.day for step in six.steps] == [1, 4, 7, 11, 15, 17, 21, 25, 29]
    assert [(step.key, step.day) for step in two.steps] == [
        ("focus", 1),
        ("visit", 3),
        ("challenge", 6),
        ("close", 9),
    ]
    for pack in (six, two):
        assert sum(step.is_challenge for step in pack.steps) == 1
        assert sum(step.plan is not None for step in pack.steps) == 1
        assert sum(step.story is not None for step in pack.steps) == 1
        for step in pack.steps:
            first = step.words("en").questions[0]
            assert first.kind in {Kind.SHORT, Kind.LONG}, "a typed reply must be able to answer it"
            assert first.needed
            assert step.words("en").principals, "every week has one thing that a principal can do"


def test_every_question_that_is_answered_in_words_has_an_example_without_names(prompts: Prompts) -> None:
    words = prompts.words("en")
    for pack in prompts.packs():
        for step in pack.steps:
            for question in step.words("en").questions:
                if question.kind in {Kind.SHORT, Kind.LONG}:
                    assert question.example, (pack.id, step.key, question.key)
                    assert not words.names_in(question.example)
                    assert not words.judging_in(question.example)


def test_whatever_may_tell_of_a_pupil_says_no_names_please(prompts: Prompts) -> None:
    for pack in prompts.packs():
        for step in pack.steps:
            for question in step.words("en").questions:
                if question.kind is Kind.LONG and question.key in {"what", "evidence", "now"}:
                    assert re.search("no names", question.hint, re.IGNORECASE), (
                        pack.id,
                        step.key,
                        question.key,
                    )
