"""The rule by which a case on PostgreSQL leaves `make test` (see tests/README.md)."""

from __future__ import annotations

import pytest


def param_of(item: pytest.Item, name: str) -> object:
    """Return the value of one parameter of a test case, None where it has no such parameter."""
    call = getattr(item, "callspec", None)
    return call.params.get(name) if call is not None else None


def leave_postgresql_to_the_rest(item: pytest.Item, *, always: bool = False) -> None:
    """Mark a case on PostgreSQL `second_database`, unless its test is marked `both_databases` and not `always`."""
    is_needed = not always and item.get_closest_marker("both_databases") is not None
    if param_of(item, "database_url") == "postgresql" and not is_needed:
        item.add_marker("second_database")
