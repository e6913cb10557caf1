"""Long messages in parts that a platform takes: split between elements, never inside one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def parts(
    items: Sequence[T], size: Callable[[T], int], *, budget: int, most: int | None = None
) -> list[list[T]]:
    """Return the items in order, in as few parts as it takes.

    The sizes in a part add up to at most `budget`, but for a single item that is larger; a part has at most `most`.
    """
    found: list[list[T]] = []
    room = 0
    for item in items:
        needed = size(item)
        if not found or needed > room or len(found[-1]) == most:
            found.append([])
            room = budget
        found[-1].append(item)
        room -= needed
    return found


def cut_to_one(
    items: Sequence[T],
    size: Callable[[T], int],
    more: T,
    *,
    budget: int,
    most: int,
    is_kept: Callable[[T], bool],
) -> list[T]:
    """Return what fits into one part: first the items that are kept, then the others in order.

    `more` stands in the place of the first item that is left out.
    """
    if len(items) <= most and sum(map(size, items)) <= budget:
        return list(items)
    room, places = budget - size(more), most - 1
    kept: dict[int, T] = {}
    left_out: list[int] = []
    for place, item in sorted(enumerate(items), key=lambda each: not is_kept(each[1])):
        if (needed := size(item)) <= room and places:
            room, places = room - needed, places - 1
            kept[place] = item
        else:
            left_out.append(place)
    if left_out:
        kept[min(left_out)] = more
    return [kept[place] for place in sorted(kept)]
