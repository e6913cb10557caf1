"""The manifest follows Slack's schema, with exactly the scopes that are needed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it publishes no types
import pytest

from adapters.slack import manifest
from tests.platforms.slack.house import prompts
from tests.support.command_line import run_jpd
from tests.support.places import ROOT, SCHEMAS

MANIFEST_SCHEMA = SCHEMAS / "slack-manifest/manifest.schema.2.0.0.json"
SOURCES = sorted((ROOT / "adapters" / "slack").glob("*.py"))
URL = "https://jpd.example.org"

ASKED_BY_SLACK = {
    "auth.test": "",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "im:history",
    "conversations.members": "channels:read",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "views.open": "",
    "views.publish": "",
}
"""The scopes by docs.slack.dev/reference/methods; of several the one for our use."""


def printed(*more: str) -> dict[str, Any]:
    """Return the manifest as `jpd manifest slack` prints it."""
    done = run_jpd("manifest", "slack", *more, folder=ROOT)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def literals(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def called() -> set[str]:
    """Return the methods of the Web API that the adapter's code calls."""
    families = ("auth", "chat", "conversations", "files", "team", "users", "views")
    found = set()
    for source in SOURCES:
        if source.name == "manifest.py":
            continue
        for words in literals(source):
            family, dot, method = words.partition(".")
            if (
                dot and family in families and method.isalnum() and method != "open"
            ) or words in ASKED_BY_SLACK:
                found.add(words)
    return found


@pytest.mark.parametrize("more", [("--url", URL), ("--url", f"{URL}/"), ("--socket",)], ids=" ".join)
def test_slacks_own_schema_takes_what_is_printed(more: tuple[str, ...]) -> None:
    rules = json.loads(MANIFEST_SCHEMA.read_text())
    kind = jsonschema.validators.validator_for(rules)
    kind.check_schema(rules)

    faults = [
        f"{'/'.join(map(str, each.path))}: {each.message}" for each in kind(rules).iter_errors(printed(*more))
    ]

    assert faults == []


def test_the_schema_would_notice() -> None:
    rules = json.loads(MANIFEST_SCHEMA.read_text())
    broken = printed("--url", URL)
    broken["display_information"]["name"] = "n" * 36

    assert list(jsonschema.validators.validator_for(rules)(rules).iter_errors(broken))


def test_every_method_that_is_called_has_the_scope_that_slack_asks_for() -> None:
    assert called() <= set(manifest.SCOPES_OF_METHODS)
    assert manifest.SCOPES_OF_METHODS == ASKED_BY_SLACK


def test_no_method_has_a_scope_that_nobody_calls() -> None:
    assert set(manifest.SCOPES_OF_METHODS) - called() == set()


def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    asked = set(printed("--url", URL)["oauth_config"]["scopes"]["bot"])
    needed = {*manifest.SCOPES_OF_METHODS.values(), *manifest.SCOPES_OF_EVENTS.values()} - {""}

    assert asked == needed | {"commands", "groups:read", "mpim:write"}
    assert asked == {
        "app_mentions:read", "channels:read", "chat:write", "commands", "files:read", "files:write", "groups:read",
        "im:history", "im:write", "mpim:write", "users:read", "users:read.email",
    }  # fmt: skip
    assert "user" not in printed("--url", URL)["oauth_config"]["scopes"]


def test_every_event_that_is_listened_to_is_subscribed() -> None:
    source = (ROOT / "adapters" / "slack" / "app.py").read_text()
    listened = {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "event"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    subscribed = set(printed("--url", URL)["settings"]["event_subscriptions"]["bot_events"])

    assert listened >= {"app_mention", "app_home_opened", "app_uninstalled", "tokens_revoked"}
    assert subscribed == listened | {"message.im"}


def test_slack_is_told_one_address_for_everything_and_none_with_a_socket() -> None:
    by_url, by_socket = printed("--url", f"{URL}/"), json.dumps(printed("--socket"))

    settings = by_url["settings"]
    assert settings["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert settings["interactivity"]["request_url"] == f"{URL}/slack/events"
    [command] = by_url["features"]["slash_commands"]
    assert (command["command"], command["url"]) == ("/jpd", f"{URL}/slack/events")
    assert command["should_escape"] is True  # `invite #channel` needs the channel's id
    assert by_url["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth"]
    assert by_url["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    assert "http" not in by_socket
    assert (settings["socket_mode_enabled"], json.loads(by_socket)["settings"]["socket_mode_enabled"]) == (
        False,
        True,
    )


@pytest.mark.parametrize("more", [(), ("--url", "http://jpd.example.org"), ("--url", "jpd.example.org")])
def test_an_address_that_slack_would_not_take_is_one_sentence(more: tuple[str, ...]) -> None:
    done = run_jpd("manifest", "slack", *more, folder=ROOT)

    assert done.returncode == 1
    assert prompts().voice("en").text("platform.slack-manifest").split(":")[0] in done.stderr
    assert "Traceback" not in done.stderr
