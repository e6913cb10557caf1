from pathlib import Path

import pytest

from adapters.cli.needed_texts import needed_texts
from bot.prompts import ContentFinding, Level, check
from bot.prompts.check import NEEDED, check_files
from bot.rules.commands import TEXT_KEYS
from tests.support.places import ROOT

SIX = "joint-practice-6wk"
FOCUS = f"{SIX}/1-focus.en.md"
LEAD = "**What should your pupils do that they don't do yet?**"
LONG = "It is small and kind and slow, and it goes on and on until readers have lost the thread of it all. "


def found(files: dict[str, str], level: Level = Level.FIX) -> list[ContentFinding]:
    return [finding for finding in check_files(files) if finding.level is level]


def planted(files: dict[str, str], file: str, old: str, new: str) -> dict[str, str]:
    assert old in files[file], "the content has changed: plant the fault elsewhere"
    return {**files, file: files[file].replace(old, new, 1)}


def test_the_shipped_content_has_nothing_to_fix(files: dict[str, str]) -> None:
    assert [str(finding) for finding in found(files)] == []


def test_the_shipped_packs_lists_and_findings_need_no_second_look(files: dict[str, str]) -> None:
    ours = ("joint-practice-6wk/", "peer-visit-2wk/", "bot/lists.", "bot/check.", "words.")

    looks = [str(finding) for finding in found(files, Level.LOOK) if finding.file.startswith(ours)]

    assert looks == []


def test_the_folder_on_disk_is_checked_and_a_finding_prints_as_one_line(
    files: dict[str, str], tmp_path: Path
) -> None:
    for name, text in planted(files, FOCUS, "One small thing", "One {small} thing").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    findings = [finding for finding in check(tmp_path) if finding.level is Level.FIX]

    words = "focus, goal, partner, plan, school, visit_day"
    assert [str(finding) for finding in findings] == [
        f"FIX {FOCUS}:7 Nothing is known as “small” here. You can use: {words}."
    ]


def test_every_command_has_the_texts_that_it_is_shown_with(files: dict[str, str]) -> None:
    lacking = planted(files, "bot/basics.en.md", "## help.status\n", "## help.stratus\n")

    findings = [str(each) for each in check_files(lacking, needed=TEXT_KEYS) if each.level is Level.FIX]

    assert {"help.status", "button.help", "starter.profile"} <= TEXT_KEYS
    assert check_files(files, needed=TEXT_KEYS) == check_files(files)
    said = "The bot shows the text “help.status”, which is missing in the English files. Add it."
    assert findings == [f"FIX bot/basics.en.md:1 {said}"]


@pytest.mark.parametrize(
    "key",
    [
        "kind.changed_match",
        "delivery.dropped",
        "state.closed",
        "role.principal",
        "reason-why.slot",
        "platform.slack",
    ],
)
def test_a_text_that_is_put_together_from_a_table_is_missed(files: dict[str, str], key: str) -> None:
    [file] = [name for name, text in files.items() if f"## {key}\n" in text]
    lacking = planted(files, file, f"## {key}\n", "## a.stranger\n")

    needed = NEEDED | needed_texts()
    missing = [each for each in check_files(lacking, needed=needed) if f"“{key}”" in each.what]

    assert [each.level for each in missing] == [Level.FIX]
    assert check_files(files, needed=needed) == check_files(files)


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert [finding for finding in check(tmp_path) if finding.level is Level.FIX] == []


def test_a_file_in_another_encoding_is_named(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "basics.en.md").write_text("\n".join(f"## {key}\nA text.\n" for key in NEEDED))
    (tmp_path / "bot" / "help.en.md").write_bytes("## a\nCafé\n".encode("latin-1"))

    assert [(each.file, each.what) for each in check(tmp_path)] == [("bot/help.en.md", "not-utf-8")]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("One small thing", "One {small} thing", 7, "Nothing is known as “small”"),
        ("One small thing", "One {Focus} thing", 7, "A brace is open or misspelt"),
        ("One small thing", "One {focus thing", 7, "A brace is open or misspelt"),
        ("One small thing", "It is overdue. One small thing", 7, "“overdue” makes people feel guilty"),
        ("A guess is fine.", "You HAVEN’T answered.", 19, "“You HAVEN’T” makes people feel guilty"),
        ("One small thing", "Which one thing? Which small thing", 5, "two questions before the inputs"),
        ("One small thing", LONG * 3 + "One small thing", 5, "words before the question, and 60 is the most"),
        ("form: The focus", "form: What your pupils may do next", 2, "longer than 24 characters"),
        ("form: The focus", "form: With {partner}", 2, "filled in above the questions only"),
        ("## technique (short, 150)", "## technique (short, needed, 150)", 19, "2 answers marked as needed"),
        ("## technique (short, 150)", "## more (date)\nWhen?\n\n## technique (short, 150)", 28, "4 inputs"),
        ("## technique (short, 150)", "## technique (shout, 150)", 19, "I do not know the kind “shout”"),
        ("One thing I could try", "One thing with {partner}", 19, "filled in above the questions only"),
        (LEAD, "**Your focus: {focus}**", 5, "“focus” may not be known yet"),
        (LEAD, "What will they do?", 5, "in bold"),
        ("principals: Ask", "principals: Wait: ask", 3, "YAML cannot read this"),
        ("principals: Ask", "principles: Ask", 3, "I do not know the setting “principles”"),
        ("## success (short, 150)", "## technique (short, 150)", 25, "for the second time"),
        ("## pupils (short", "## change (short", 1, "“focus” needs a question “pupils”"),
    ],
)  # fmt: skip
def test_a_planted_fault_in_a_step_is_found_where_it_stands(
    files: dict[str, str], old: str, new: str, line: int, words: str
) -> None:
    findings = found(planted(files, FOCUS, old, new))

    places = {(FOCUS, line)} if line > 1 else {(f"{SIX}/pack.yaml", 24)}
    assert any((each.file, each.line) in places and words in each.what for each in findings), findings


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (f"{SIX}/pack.yaml", "[en]", "[en, mi]", "“1-focus.mi.md” is missing in the language “mi”"),
        (f"{SIX}/pack.yaml", "[en]", "[en, mi]", "“title” is missing in the language “mi”"),
        (f"{SIX}/pack.yaml", "share: pool", "share: head", "I do not know the reader “head”"),
        (f"{SIX}/pack.yaml", "stage: trying", "stage: flying", "I do not know the stage “flying”"),
        (f"{SIX}/pack.yaml", "day: 11", "day: 7", "“visit” falls on day 7"),
        (f"{SIX}/pack.yaml", "day: 11", "day: 11\n    day: 12", "“day” stands here for the second time"),
        (f"{SIX}/pack.yaml", "languages: [en]", "languages: [en", "YAML cannot read this"),
        (f"{SIX}/pack.yaml", "[partner, school", "[partner, pupil, school", "Nothing is known as “pupil”"),
        (f"{SIX}/6-challenge.en.md", "suggestion (long,", "suggestion (long, needed,", "3 answers marked"),
        (f"{SIX}/9-close.en.md", "No, keep it between us", "No" + ", thanks" * 10, "longer than 75"),
        (f"{SIX}/9-close.en.md", "- no: No, keep it between us\n", "", "needs two options or more"),
        ("bot/lists.en.md", "## practice.feedback", "## practice.wait-time", "“practice.wait-time” stands"),
        ("bot/lists.en.md", "## practice.feedback", "## Practice/feedback", "may hold only letters"),
        ("bot/lists.en.md", "\nmodelling\n", "\n### one\nx\n", "not “### other”"),
        ("bot/lists.en.md", "\nmodelling\n", "\n### lots\nx\n### other\nx\n", "plural form “lots”"),
        ("bot/lists.en.md", "\nmodelling\n", "\n", "“practice.modelling” has no text"),
        ("bot/lists.en.md", "\nmodelling\n", "\nmodelling {x\n", "A brace is open"),
        ("bot/lists.en.md", "\nmodelling\n", "\nStill waiting for you\n", "makes people feel guilty"),
        ("calendar.en.yaml", "  - inset\n", "  - half term\n", "“half term” stands under “half_terms” and"),
        ("calendar.en.yaml", "unsure:", "unsures:", "the setting “unsures”"),
        ("calendar.cy.yaml", "  - hms\n", "  - 5\n", "“staff_days” must be a list of words"),
        ("words.en.yaml", "  - lazy\n", "  - yes\n", "“judging” must be a list of words"),
    ],
)  # fmt: skip
def test_a_planted_fault_elsewhere_is_found(
    files: dict[str, str], file: str, old: str, new: str, words: str
) -> None:
    findings = found(planted(files, file, old, new))

    assert any(each.file == file and words in each.what for each in findings), findings


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "One small thing, that somebody in the room could see or hear.",
            LONG,
            "The sentence “It is small and …” has 22 words",
        ),
        ("and only listen.", "and only listen. Then write it down.", "more than one sentence"),
    ],
)
def test_matters_of_taste_ask_for_a_look_only(files: dict[str, str], old: str, new: str, words: str) -> None:
    planted_files = planted(files, FOCUS, old, new)

    assert found(planted_files) == []
    assert any(each.file == FOCUS and words in each.what for each in found(planted_files, Level.LOOK))


def test_a_step_still_open_when_the_next_begins_asks_for_a_look(files: dict[str, str]) -> None:
    findings = found(planted(files, f"{SIX}/pack.yaml", "open_days: 3", "open_days: 4"), Level.LOOK)

    assert any("“focus” is still open when “contract” begins" in each.what for each in findings)


def translated(files: dict[str, str], **changes: str) -> dict[str, str]:
    """The short pack with a Welsh copy of each file, its words not translated; changes go to the first."""
    files = planted(files, "peer-visit-2wk/pack.yaml", "[en]", "[en, cy]")
    files = planted(files, "peer-visit-2wk/pack.yaml", "  en: Peer", "  cy: Ymweld\n  en: Peer")
    copies = {
        name.replace(".en.md", ".cy.md"): text
        for name, text in files.items()
        if name.startswith("peer-visit-2wk/") and name.endswith(".md")
    }
    first = "peer-visit-2wk/1-focus.cy.md"
    for old, new in changes.items():
        copies = planted(copies, first, old, new)
    return {**files, **copies}


def test_a_whole_translation_of_a_pack_is_no_fault(files: dict[str, str]) -> None:
    assert found(translated(files)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## between (short, 200)", "## rhwng (short, 200)", "“between (short, 200)” of peer-visit"),
        ("## between (short, 200)", "## rhwng (short, 200)", "“rhwng (short, 200)” is not in"),
        ("## between (short, 200)", "## between (long, 200)", "“between (long, 200)” is not in"),
        ("{partner}", "{partneriaid}", "Nothing is known as “partneriaid”"),
    ],
)  # fmt: skip
def test_a_translation_that_differs_in_more_than_words_is_found(
    files: dict[str, str], old: str, new: str, words: str
) -> None:
    findings = found(translated(files, **{old: new}))

    assert any(each.file == "peer-visit-2wk/1-focus.cy.md" and words in each.what for each in findings), (
        findings
    )


def test_a_language_needs_every_key_and_may_name_only_what_english_names() -> None:
    files = {
        "bot/a.en.md": "## hello\nHello {name}\n\n## bye\nBye\n",
        "bot/a.cy.md": "## hello\nHelo {enw}\n\n## extra\nx\n",
    }

    assert [(each.file, each.line, each.what) for each in check_files(files)] == [
        ("bot/a.cy.md", 1, "translation-missing what='bye' language='cy'"),
        ("bot/a.cy.md", 2, "word-unknown word='enw' words='name'"),
        ("bot/a.cy.md", 4, "key-not-english key='extra'"),
    ], "without sentences in the content, a finding still says what it knows"


def test_a_plural_form_that_a_language_needs_or_never_uses_asks_for_a_look() -> None:
    files = {
        "bot/a.en.md": "## n\n### one\none\n### few\nfew\n### other\n{n}\n",
        "bot/a.pl.md": "## n\n### one\n1\n### few\n2\n### other\n{n}\n",
    }

    assert [(each.level, each.what) for each in check_files(files)] == [
        ("look", "plural-form-unused key='n' form='few'"),
        ("look", "plural-form-missing key='n' form='many'"),
    ]


@pytest.mark.parametrize("name", ["bot/readme.md", "bot/Help.en.md", "joint-practice-6wk/1-focus.english.md"])
def test_a_file_that_nothing_reads_is_found(files: dict[str, str], name: str) -> None:
    assert [each.file for each in found({**files, name: "## a\nb\n"})] == [name]


def test_steps_without_settings_are_found(files: dict[str, str]) -> None:
    without = {name: text for name, text in files.items() if name != f"{SIX}/pack.yaml"}

    assert [str(each) for each in found(without)] == [
        f"FIX {SIX}/pack.yaml:1 This folder holds steps, but no “pack.yaml”. Add one."
    ]


def test_every_kind_of_finding_has_its_sentence(files: dict[str, str]) -> None:
    code = "".join(file.read_text() for file in (ROOT / "bot" / "prompts").glob("*.py"))
    keys = [
        line.removeprefix("## check.")
        for line in files["bot/check.en.md"].splitlines()
        if line.startswith("##")
    ]

    assert keys
    assert [key for key in keys if f'"{key}"' not in code] == []
