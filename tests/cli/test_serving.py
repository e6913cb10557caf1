"""`jpd serve` as an operator runs it, in a process of its own, with a Slack before it."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.support.command_line import COMMAND, database_in, process_environment, run_jpd
from tests.support.limits import HANG

ROSTER = (
    "school,school_id,given_name,family_name,email,role\n"
    "Oak,oak,Cora,Coe,cora@oak.example,coordinator\nElm,elm,Cat,Cox,cat@elm.example,teacher\n"
)


def settings(folder: Path, **more: str) -> dict[str, str]:
    return {"JPD_DATABASE_URL": database_in(folder), "JPD_PORT": "0", **more}


async def jpd(folder: Path, settings: dict[str, str], *words: str) -> str:
    done = await asyncio.to_thread(run_jpd, *words, folder=folder, settings=settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


@asynccontextmanager
async def serving(folder: Path, settings: dict[str, str]) -> AsyncIterator[str]:
    """A running `jpd serve`'s address; it ends in order when the block does."""
    with (folder / "log.txt").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "serve",
            env=process_environment(**settings), cwd=folder, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = (await process.stdout.readline()).decode()
            [url] = re.findall(r"http://127\.0\.0\.1:\d+", said)
            assert said.rstrip().endswith("for Slack.")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), HANG) == 0


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with running_slack() as running:
        running.add_workspace("T1", "Oak")
        running.add_person("T1", "U1", "cora@oak.example", name="Cora")
        yield running


async def test_from_installing_by_a_code_to_the_coordinators_first_command(
    slack: FakeSlack, tmp_path: Path
) -> None:
    """Follow the main steps of docs/connect-slack.md, from starting the bot on, in their order."""
    (tmp_path / "roster.csv").write_text(ROSTER)
    known = settings(tmp_path)
    await jpd(tmp_path, known, "import", "roster.csv")
    key = (await jpd(tmp_path, known, "keys", "new")).strip()
    known |= {
        "JPD_SECRET_KEYS": key,
        "JPD_SLACK_CLIENT_ID": slack.installs.client_id,
        "JPD_SLACK_CLIENT_SECRET": slack.installs.client_secret,
        "JPD_SLACK_SIGNING_SECRET": "a secret to sign with",
        "JPD_SLACK_API_URL": slack.api_url,
    }
    async with serving(tmp_path, known) as url:
        slack.connect_app(f"{url}/slack/events", "a secret to sign with")
        assert (await slack.verify_url("Retry")).json["challenge"] == "Retry"
        slack.installs.redirects = (f"{url}/slack/oauth",)
        slack.installing("T1", "U1")
        assert (await slack.install(f"{url}/slack/install")).status == 200
        assert "One step is left" in slack.conversation("T1", "U1")[-1].text
        made = await jpd(tmp_path, known, "code", "oak")
        [code] = set(re.findall(r"link (\S+)", made))
        assert f"/jpd link {code}" in made
        await slack.say(
            "T1", "U1", f"link {code}"
        )  # in the bot's own chat; the other form is in test_codes.py
        assert "belongs to Our partnership now" in slack.conversation("T1", "U1")[-1].text
        await slack.command("T1", "U1", "start")

    assert slack.modal("T1", "U1") is not None
    assert not slack.refused
    log = (tmp_path / "log.txt").read_text()
    assert "slack.installed" in log
    assert "work.stopped" in log  # on SQLite it works as well
    for secret in (key, code, "a secret to sign with", *slack.world.tokens):
        assert secret not in log


async def test_one_workspace_behind_a_firewall_needs_two_tokens_and_no_code(
    slack: FakeSlack, tmp_path: Path
) -> None:
    slack.add_token("xoxb-one", "T1")
    (tmp_path / "roster.csv").write_text(ROSTER)
    known = settings(
        tmp_path,
        JPD_SLACK_BOT_TOKEN="xoxb-one",
        JPD_SLACK_APP_TOKEN=slack.installs.app_token,
        JPD_SLACK_API_URL=slack.api_url,
        JPD_EMBEDDED_WORKER="0",
    )
    await jpd(tmp_path, known, "import", "roster.csv")

    async with serving(tmp_path, known):
        await slack.command("T1", "U1", "help")

    assert "*start*: set up a cycle" in str(slack.conversation("T1", "U1")[-1].blocks)
    assert "work.stopped" not in (tmp_path / "log.txt").read_text()
