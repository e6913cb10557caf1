"""Strict reading of what a platform sent: a body of another shape is malformed, and no person's doing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Body: TypeAlias = Mapping[str, Any]

WRONG_SHAPE = (TypeError, ValueError, AttributeError, KeyError, IndexError)
"""The errors raised by code that reads a body of another shape than the expected one."""


class Malformed(ValueError):
    """A body that the platform itself would never send."""


def strictly(read: Callable[P, T]) -> Callable[P, T]:
    """Make a reading function raise `Malformed` for a body of any other shape than the expected one."""

    @wraps(read)
    def reading(*args: P.args, **more: P.kwargs) -> T:
        try:
            return read(*args, **more)
        except Malformed:
            raise
        except WRONG_SHAPE:
            raise Malformed("another shape") from None

    return reading


@contextmanager
def foreign_parser() -> Iterator[None]:
    """Raise `Malformed` where a library's own reading of a stranger's bytes raises anything else.

    The web application answers `Malformed` with 400 on every route.
    """
    try:
        yield
    except Malformed:
        raise
    except (*WRONG_SHAPE, RecursionError):
        raise Malformed("unreadable") from None


def json_object(text: bytes) -> Body:
    """Read JSON that must be an object. Raises `Malformed`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    return found


def part(body: Body, name: str) -> Body:
    """Return the object of that name. Raises `Malformed`."""
    found = body.get(name)
    if not isinstance(found, dict):
        raise Malformed(f"no {name}")
    return found


def string(body: Body, name: str) -> str:
    """Return the text of that name. Raises `Malformed`."""
    found = body.get(name)
    if not isinstance(found, str):
        raise Malformed(f"no {name}")
    return found
