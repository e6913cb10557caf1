"""Addresses that a person types for the bot: one rule for the setting and for the options of both manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chat.settings import SettingsError, public_address
from tests.support.command_line import run_jpd
from tests.support.settings import environment

APP = "11111111-2222-3333-4444-555555555555"
GOOD = "https://jpd.example.org"
REFUSED = {
    "http://jpd.example.org": "not a secure address",
    "jpd.example.org": "not a secure address",
    "https:/jpd.example.org": "not a secure address",
    "https://jpd.example.org/?school=oak": "leave out everything from ? or # on",
    "https://jpd.example.org?": "leave out everything from ? or # on",
    "https://jpd.example.org/#top": "leave out everything from ? or # on",
    "https://ann:pass-word@jpd.example.org": "holds a name or a password",
    "https://ann@jpd.example.org": "holds a name or a password",
    "https://localhost": "only this machine or its own network",
    "https://localhost.:8443/": "only this machine or its own network",
    "https://jpd.localhost": "only this machine or its own network",
    "https://127.0.0.1:3978": "only this machine or its own network",
    "https://127.1": "only this machine or its own network",
    "https://0x7f.0.0.1": "only this machine or its own network",
    "https://2130706433": "only this machine or its own network",
    "https://10.0.0.5": "only this machine or its own network",
    "https://172.16.4.1": "only this machine or its own network",
    "https://192.168.1.20/jpd": "only this machine or its own network",
    "https://169.254.169.254": "only this machine or its own network",
    "https://100.64.0.1": "only this machine or its own network",
    "https://0.0.0.0": "only this machine or its own network",
    "https://[::1]": "only this machine or its own network",
    "https://[::ffff:10.0.0.1]": "only this machine or its own network",
    "https://[fd00::1]": "only this machine or its own network",
    "https://schoolserver": "only this machine or its own network",
    "https://jpd.school.local": "only this machine or its own network",
    "https://JPD.Intranet": "only this machine or its own network",
    "https://": "not the bare address",
    "https:///path": "not the bare address",
    "https://jpd.example.org:99999": "not the bare address",
    "https://jpd example.org": "not the bare address",
    "https://[::": "not the bare address",
}
A_FEW = (
    "http://jpd.example.org",
    "https://ann:pass-word@jpd.example.org",
    "https://localhost",
    f"{GOOD}?a=b",
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where no `.env` lies


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_others_cannot_or_should_not_use_is_refused_with_the_reason(url: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[url].replace("?", r"\?")) as wrong:
        public_address(url)
    assert "pass-word" not in str(wrong.value)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        (GOOD, GOOD),
        (f"{GOOD}/", GOOD),
        ("HTTPS://jpd.example.org/behind/", f"{GOOD}/behind"),
        ("https://jpd.example.org:8443", "https://jpd.example.org:8443"),
        ("https://jpd.xn--schler-hva.example", "https://jpd.xn--schler-hva.example"),
        ("https://8.8.8.8", "https://8.8.8.8"),
    ],
)
def test_a_public_one_is_taken_without_its_last_slash(url: str, read: str) -> None:
    assert public_address(url) == read


@pytest.mark.parametrize("url", A_FEW)
def test_the_setting_follows_the_rule(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^JPD_PUBLIC_URL: ") as wrong, environment(public_url=url):
        pass
    assert "pass-word" not in str(wrong.value)


@pytest.mark.parametrize("url", A_FEW)
@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["slack", "--url"], "--url"),
        (["teams", "--app-id", APP, "--url"], "--url"),
        (["teams", "--app-id", APP, "--url", GOOD, "--about"], "--about"),
    ],
    ids=lambda each: each if isinstance(each, str) else each[0],
)
def test_the_options_follow_it_and_nothing_is_made(
    words: list[str], option: str, url: str, tmp_path: Path
) -> None:
    done = run_jpd("manifest", *words, url, folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith(f"{option}: ")
    assert "Say where the bot is reached" in done.stderr
    assert "pass-word" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", ["0" * 32, "00000000-0000-0000-0000-000000000000"])
def test_the_guides_own_app_id_is_nobodys(written: str, tmp_path: Path) -> None:
    done = run_jpd("manifest", "teams", "--app-id", written, "--url", GOOD, folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("--app-id: only zeros stand there")
    assert list(tmp_path.iterdir()) == []
