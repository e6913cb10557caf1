"""The documents of the repository, read for the tests of what they claim."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.places import ROOT

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)
_HEADING = re.compile(r"^(?P<signs>#+) (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """A Markdown file and its parts."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """Return the text without its code blocks."""
        return _BLOCK.sub("", self.text)

    def blocks(self, kind: str) -> list[str]:
        """Return the code blocks of that kind, without their indent."""
        return [
            re.sub(f"^{each['indent']}", "", each["text"], flags=re.MULTILINE)
            for each in _BLOCK.finditer(self.text)
            if each["kind"] == kind
        ]

    def section(self, title: str) -> Section:
        """Return the part below that heading, up to the next heading of the same level or above."""
        for found in _HEADING.finditer(self.prose):
            if found["title"] == title:
                start = re.search(rf"^{found['signs']} {re.escape(title)}$", self.text, re.MULTILINE)
                assert start is not None
                end = re.search(rf"^#{{1,{len(found['signs'])}}} ", self.text[start.end() :], re.MULTILINE)
                rest = self.text[start.end() :]
                return Section(self.path, rest[: end.start()] if end else rest)
        raise KeyError(title)

    @property
    def anchors(self) -> set[str]:
        """Return the anchors that GitHub makes of the headings."""
        titles = [each["title"] for each in _HEADING.finditer(self.prose)]
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    @property
    def code(self) -> list[str]:
        """Return each text in backticks within a line."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @property
    def links(self) -> list[str]:
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)


@dataclass(frozen=True)
class Section(Document):
    """A part of a document."""

    part: str

    @property
    def text(self) -> str:
        return self.part


def _found() -> Iterator[Path]:
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "tests").rglob("*.md"))


DOCUMENTS = tuple(Document(path) for path in _found())


def document(name: str) -> Document:
    return Document(ROOT / name)


def commands(block: str) -> list[str]:
    """Return the lines of a shell block, without comments."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in block.splitlines())
    return [line for line in lines if line]
