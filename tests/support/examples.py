"""How many examples a slow property draws."""

from __future__ import annotations

from hypothesis import settings


def share_of_examples(percent: int) -> int:
    """Return that percentage of the profile's number of examples, so that `make test-rest` draws ten times as many."""
    return settings().max_examples * percent // 100
