"""YAML settings: plain values, the line of each, and flaws for repeated keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from bot.prompts.flaws import Flaws

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlSettings:
    """The values of a YAML file with their lines; a file that is no mapping has no values."""

    file: str
    values: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """Return the line on which a value begins, or that of the mapping in which it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_settings(file: str, content: str, flaws: Flaws, offset: int = 0) -> YamlSettings:
    """Read a YAML text that begins `offset` lines into a file; what is wrong is added to the flaws."""
    try:
        loader = yaml.SafeLoader(content)
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else {}
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        problem = str(error.problem if isinstance(error, yaml.MarkedYAMLError) else error)
        flaws.fix(file, (mark.line + 1 if mark else 1) + offset, "bad-yaml", problem=problem)
        return YamlSettings(file)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        flaws.fix(file, 1 + offset, "not-settings")
        return YamlSettings(file)
    return YamlSettings(file, values, _lines(file, node, offset, flaws) if node else {})


def _lines(file: str, root: yaml.Node, offset: int, flaws: Flaws) -> dict[Path, int]:
    lines: dict[Path, int] = {}

    def note(node: yaml.Node, path: Path) -> None:
        lines.setdefault(path, node.start_mark.line + 1 + offset)
        if isinstance(node, yaml.SequenceNode):
            for number, each in enumerate(node.value):
                note(each, (*path, number))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                line, here = key.start_mark.line + 1 + offset, (*path, str(key.value))
                if here in lines:
                    flaws.fix(file, line, "duplicate-key", key=key.value, first=f"{file}:{lines[here]}")
                lines.setdefault(here, line)
                note(value, here)

    note(root, ())
    return lines
