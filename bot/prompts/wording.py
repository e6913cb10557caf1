"""Reading a step's wording: front matter, a bold lead, a few lines, and the questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from bot.message import LONGEST_INPUT
from bot.model import Kind, Option, Question, Wording
from bot.prompts.flaws import Flaws
from bot.prompts.markdown import MARKDOWN, Section, is_plain, sections
from bot.prompts.settings_file import read_settings

_FRONT = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.DOTALL | re.MULTILINE)
_FRONT_SETTINGS = ("form", "principals")
_LEAD = re.compile(r"\s*(?P<lead>\*\*[^*\n]+\*\*)[ \t]*(?:\n|\Z)")
_HEADING = re.compile(r"(?P<key>[a-z][a-z0-9_]*) \((?P<traits>[^()]+)\)")
_OPTION = re.compile(r"(?P<key>[a-z0-9][a-z0-9_-]*): (?P<label>\S.*)")
_EXAMPLE = "example:"
"""What opens the example of a question, in every language."""
_CHOICES = {Kind.ONE, Kind.MANY}
_TEXTS = {Kind.SHORT, Kind.LONG}


@dataclass(frozen=True, slots=True)
class Written:
    """A wording with the lines on which its parts stand."""

    file: str
    language: str
    wording: Wording
    headings: tuple[tuple[str, int], ...]
    """(heading of a question as written, line)."""
    lines: Mapping[str, int]

    def line(self, part: str) -> int:
        """Return the line of `form`, `principals`, `lead`, `body`, or of a question by its key."""
        return self.lines.get(part, 1)


def read_wording(file: str, language: str, content: str, flaws: Flaws) -> Written:
    """Read as much of a wording as possible, adding every flaw."""
    front = _FRONT.match(content)
    settings = read_settings(file, front["yaml"] if front else "", flaws, offset=1)
    rest = content[front.end() :] if front else content
    first_line = content.count("\n", 0, front.end()) + 1 if front else 1
    form, principals = settings.values.get("form"), settings.values.get("principals", "")
    for name in settings.values:
        if name not in _FRONT_SETTINGS:
            names = ", ".join(_FRONT_SETTINGS)
            flaws.fix(file, settings.line(name), "unknown-setting", setting=name, settings=names)
    if not isinstance(form, str) or not form.strip():
        flaws.fix(file, settings.line("form"), "setting-not-text", setting="form")
    if not isinstance(principals, str):
        flaws.fix(file, settings.line("principals"), "setting-not-text", setting="principals")

    before, found = sections(rest, level=2, first_line=first_line)
    lead = _LEAD.match(before)
    if lead is None:
        flaws.fix(file, first_line, "lead-missing")
    body = before[lead.end() :] if lead else before
    body_start = lead.end() if lead else 0
    blank = len(body) - len(body.lstrip())
    wording = Wording(
        form=form.strip() if isinstance(form, str) else "",
        lead=lead["lead"] if lead else "",
        body=body.strip(),
        questions=tuple(_questions(file, found, flaws)),
        principals=principals.strip() if isinstance(principals, str) else "",
    )
    lines = {
        "form": settings.line("form"),
        "principals": settings.line("principals"),
        "lead": first_line + (before.count("\n", 0, lead.start("lead")) if lead else 0),
        "body": first_line + before.count("\n", 0, body_start + blank),
        **{section.key.split(" ")[0]: section.line for section in found},
    }
    return Written(file, language, wording, tuple((each.key, each.line) for each in found), lines)


def _questions(file: str, found: tuple[Section, ...], flaws: Flaws) -> Iterator[Question]:
    if not found:
        flaws.fix(file, 1, "no-questions")
    seen: dict[str, int] = {}
    for section in found:
        heading = _HEADING.fullmatch(section.key)
        if heading is None:
            flaws.fix(file, section.line, "heading-spelling", heading=section.key)
        elif heading["key"] in seen:
            first = f"{file}:{seen[heading['key']]}"
            flaws.fix(file, section.line, "duplicate-key", key=heading["key"], first=first)
        else:
            seen[heading["key"]] = section.line
            yield _question(file, heading["key"], heading["traits"], section, flaws)


def _question(file: str, key: str, traits: str, section: Section, flaws: Flaws) -> Question:
    kind, needed, limit = _traits(file, traits, section.line, flaws)
    labels: list[str] = []
    hints: list[str] = []
    options: list[Option] = []
    for node in SyntaxTreeNode(MARKDOWN.parse(section.text)).children:
        line = section.text_line + (node.map[0] if node.map else 0)
        if node.type == "paragraph":
            labels.append(_one_line(node))
        elif node.type == "blockquote":
            hints += map(_one_line, node.children)
        elif node.type == "bullet_list" and (kind in _CHOICES or kind is Kind.SCALE):
            options += _options(file, node, section.text_line, flaws)
        else:
            flaws.fix(file, line, "question-odd-part", question=key)
    if len(labels) != 1:
        flaws.fix(file, section.line, "question-label", question=key)
    for text in (*labels, *hints, *(option.label for option in options)):
        if not is_plain(text):
            flaws.fix(file, section.text_line, "question-not-plain", question=key, text=text)
    keys = [option.key for option in options]
    if (kind in _CHOICES and len(keys) < 2) or len(set(keys)) < len(keys):
        flaws.fix(file, section.line, "question-options", question=key)
    if kind is Kind.SCALE and not set(keys) <= {"1", "5"}:
        flaws.fix(file, section.line, "scale-options", question=key)
    example = " ".join(each.removeprefix(_EXAMPLE).strip() for each in hints if each.startswith(_EXAMPLE))
    if example and (kind not in _TEXTS or len(example) > limit):
        flaws.fix(file, section.line, "question-example", question=key, limit=limit)
    return Question(
        key=key,
        kind=kind,
        label=" ".join(labels),
        hint=" ".join(each for each in hints if not each.startswith(_EXAMPLE)),
        example=example,
        needed=needed,
        limit=limit,
        options=tuple(options),
    )


def _traits(file: str, traits: str, line: int, flaws: Flaws) -> tuple[Kind, bool, int]:
    """Read the traits of a heading such as `long, needed, 500`: the kind first, the others in any order."""
    kind, needed, limit = Kind.LONG, False, 500
    first, *others = (trait.strip() for trait in traits.split(","))
    try:
        kind = Kind(first)
    except ValueError:
        flaws.fix(file, line, "kind-unknown", kind=first, kinds=", ".join(Kind))
    for trait in others:
        if trait == "needed":
            needed = True
        elif trait.isdecimal() and kind in _TEXTS and 0 < int(trait) <= LONGEST_INPUT:
            limit = int(trait)
        else:
            flaws.fix(file, line, "trait-unknown", trait=trait, longest=LONGEST_INPUT)
    return kind, needed, limit


def _options(file: str, node: SyntaxTreeNode, first_line: int, flaws: Flaws) -> Iterator[Option]:
    for item in node.children:
        text = _one_line(item.children[0]) if item.children else ""
        match = _OPTION.fullmatch(text)
        if match:
            yield Option(match["key"], match["label"].strip())
        else:
            line = first_line + (item.map[0] if item.map else 0)
            flaws.fix(file, line, "option-spelling", text=text)


def _one_line(node: SyntaxTreeNode) -> str:
    """Return the source of a paragraph on one line."""
    return " ".join(node.children[0].content.split()) if node.children else ""
