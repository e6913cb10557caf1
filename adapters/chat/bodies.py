"""What a platform sent, read strictly: whatever has another shape is garbage, and no person's doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]


class Garbage(ValueError):
    """Signed, and nothing that the platform would send."""


def part(body: Body, name: str) -> Body:
    """An object of that name. Raises `Garbage`."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise Garbage(f"no {name}")
    return found


def string(body: Body, name: str) -> str:
    """A text of that name. Raises `Garbage`."""
    found = body.get(name)
    if not isinstance(found, str):
        raise Garbage(f"no {name}")
    return found
