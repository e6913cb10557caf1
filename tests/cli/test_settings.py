"""Slack's settings: half of them is an error that names what is missing, and never a value."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from adapters.chat.settings import SettingsError, read_platform
from adapters.cli import settings
from adapters.slack.platform import SlackSettings
from storage.secrets import new_key

VALUE = "a-value-that-is-nobodys-business"
CLIENT, SECRET = "JPD_SLACK_CLIENT_ID", "JPD_SLACK_CLIENT_SECRET"
SIGNING, BOT, APP = "JPD_SLACK_SIGNING_SECRET", "JPD_SLACK_BOT_TOKEN", "JPD_SLACK_APP_TOKEN"
KEYS = "JPD_SECRET_KEYS"
NAMES = (CLIENT, SECRET, SIGNING, BOT, APP, KEYS)
WHOLE = (
    {CLIENT, SECRET, SIGNING, KEYS},
    {BOT, SIGNING},
    {BOT, APP},
    {BOT, SIGNING, APP},
)
"""Many workspaces; one over HTTP; one over a socket."""


def named(names: object) -> str:
    """In one order, whatever a set's is."""
    return " ".join(sorted(names)) if isinstance(names, set | list) else str(names)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no `.env` lies


def read(monkeypatch: pytest.MonkeyPatch, names: set[str]) -> SlackSettings | None:
    for name in names:
        monkeypatch.setenv(name, new_key() if name == KEYS else VALUE)
    return read_platform(SlackSettings, settings.read().deployment)


def test_no_setting_of_slack_is_no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, set()) is None
    assert read(monkeypatch, {KEYS}) is None


@pytest.mark.parametrize("names", WHOLE, ids=named)
def test_a_whole_set_is_taken(monkeypatch: pytest.MonkeyPatch, names: set[str]) -> None:
    found = read(monkeypatch, names)

    assert found is not None
    assert found.api_url == "https://slack.com/api/"
    assert found.is_single == (BOT in names)


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ({CLIENT}, [SECRET, SIGNING, KEYS]),
        ({SECRET}, [CLIENT, SIGNING, KEYS]),
        ({SIGNING}, [CLIENT, SECRET, KEYS]),
        ({CLIENT, SECRET}, [SIGNING, KEYS]),
        ({CLIENT, SECRET, SIGNING}, [KEYS]),
        ({CLIENT, SECRET, KEYS}, [SIGNING]),
        ({CLIENT, SIGNING, KEYS}, [SECRET]),
        ({BOT}, [SIGNING]),
        ({APP}, [BOT]),
        ({APP, SIGNING}, [BOT]),
    ],
    ids=named,
)
def test_half_a_set_names_exactly_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, names: set[str], missing: list[str]
) -> None:
    with pytest.raises(SettingsError) as wrong:
        read(monkeypatch, names)

    assert [line.partition(":")[0] for line in str(wrong.value).splitlines()] == missing
    assert all(": missing" in line for line in str(wrong.value).splitlines())


@pytest.mark.parametrize(
    "names", [{BOT, SIGNING, CLIENT}, {BOT, SIGNING, SECRET}, {BOT, APP, CLIENT, SECRET}], ids=named
)
def test_one_workspace_and_many_are_two_things(monkeypatch: pytest.MonkeyPatch, names: set[str]) -> None:
    with pytest.raises(SettingsError, match="unset either"):
        read(monkeypatch, names)


@pytest.mark.parametrize("given", list(product((False, True), repeat=len(NAMES))))
def test_whatever_is_set_no_value_is_ever_said(
    monkeypatch: pytest.MonkeyPatch, given: tuple[bool, ...]
) -> None:
    names = {name for name, is_set in zip(NAMES, given, strict=True) if is_set}
    is_whole = any(names >= whole for whole in WHOLE) and not (
        {BOT, APP} & names and {CLIENT, SECRET} & names
    )
    is_nothing = not names - {KEYS}

    with suppress(SettingsError):
        assert (read(monkeypatch, names) is None) == is_nothing
        assert is_whole or is_nothing
        return
    with pytest.raises(SettingsError) as wrong:
        read(monkeypatch, names)
    said = str(wrong.value)
    assert said
    assert VALUE not in said
    assert not is_whole
    assert not is_nothing


@pytest.mark.parametrize("url", ["slack.com/api", "ftp://slack.com/", ""])
def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("JPD_SLACK_API_URL", url)

    with pytest.raises(SettingsError, match=r"^JPD_SLACK_API_URL: "):
        settings.read()


def test_keys_have_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="JPD_SECRET_KEYS: missing"):
        settings.keys(settings.read())
    one, two = new_key(), new_key()
    monkeypatch.setenv(KEYS, f" {one} , {two},,")
    assert settings.keys(settings.read()) == (one, two)
