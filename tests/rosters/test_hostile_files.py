from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rosters import read_roster
from bot.model.roster import RosterError
from tests.rosters.make import make_oneroster

TODAY = date(2026, 11, 24)
HEADER = "school,given_name,family_name,email,role"


@pytest.fixture(scope="module")
def right_zip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_oneroster(
        tmp_path_factory.mktemp("right") / "a.zip", schools=3, staff=20, pupils=9
    ).read_bytes()


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    """Read the bytes as a roster; anything but success or a `RosterError` fails."""
    file = tmp_path_factory.mktemp("hostile") / "roster"

    def read(content: bytes) -> None:
        file.write_bytes(content)
        with suppress(RosterError):
            read_roster(file, today=TODAY)

    return read


@given(st.binary(max_size=500))
def test_any_bytes_are_read_or_refused(attempt: Callable[[bytes], None], junk: bytes) -> None:
    attempt(junk)
    attempt(b"PK\x03\x04" + junk)
    attempt(HEADER.encode() + b"\n" + junk)
    attempt(b"\xff\xfe" + junk)


@given(text=st.text(max_size=200), role=st.sampled_from(["teacher", "pupil", ""]))
def test_any_text_in_any_cell_is_read_or_refused(
    attempt: Callable[[bytes], None], text: str, role: str
) -> None:
    attempt(
        f"{HEADER},time_zone,holidays,language,subjects\nA,B,C,d@e.org,{role},{text}\n".encode(
            errors="replace"
        )
    )


@given(data=st.data())
def test_a_damaged_zip_is_read_or_refused(
    attempt: Callable[[bytes], None], right_zip: bytes, data: st.DataObject
) -> None:
    content = bytearray(right_zip)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(4, len(content)))

    attempt(bytes(content[:cut]))


@pytest.mark.parametrize("damage", range(0, 100, 5))
def test_a_zip_cut_short_is_called_damaged(tmp_path: Path, right_zip: bytes, damage: int) -> None:
    file = tmp_path / "cut.zip"
    file.write_bytes(right_zip[: 30 + (len(right_zip) - 60) * damage // 100])

    with pytest.raises(RosterError) as caught:
        read_roster(file, today=TODAY)

    assert [fault.key for fault in caught.value.faults] == ["roster.broken-zip"]
