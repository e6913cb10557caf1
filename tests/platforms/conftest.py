from __future__ import annotations

import pytest

from tests.support.marks import leave_postgresql_to_the_rest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave the cases on PostgreSQL to `make test-rest`, except where the store goes away."""
    leave_postgresql_to_the_rest(item)
