from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from storage.store import SqlStore
from storage.tables import playground_clock
from storage.tables.base import UTCDateTime

DIALECTS = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]  # published without types


async def test_a_naive_datetime_is_refused(store: SqlStore) -> None:
    naive = datetime(2026, 11, 24, 15, 30)  # noqa: DTZ001 - what must not get in

    with pytest.raises(StatementError, match="naive"):
        async with store.transaction() as tx:
            await tx.connection.execute(insert(playground_clock).values(id=1, now=naive))


async def test_a_moment_in_any_zone_comes_back_as_the_same_moment_in_utc(store: SqlStore) -> None:
    in_auckland = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=ZoneInfo("Pacific/Auckland"))

    async with store.transaction() as tx:
        await tx.connection.execute(insert(playground_clock).values(id=1, now=in_auckland))
    async with store.transaction() as tx:
        kept = await tx.connection.scalar(select(playground_clock.c.now))

    assert kept == in_auckland
    assert kept is not None
    assert kept.tzinfo is UTC


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001 - the same
        timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
def test_what_is_bound_and_read_again_is_the_same_moment_on_both_databases(moment: datetime) -> None:
    for dialect in DIALECTS:
        bound = UTCDateTime().process_bind_param(moment, dialect)
        assert UTCDateTime().process_result_value(bound, dialect) == moment


def test_it_is_a_plain_datetime_column_to_the_database() -> None:
    assert isinstance(UTCDateTime().impl, DateTime)
