"""`jpd keys`: a new one, sealing anew, and a lost one, each a sentence an operator can act on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from storage.secrets import Seal, new_key
from storage.store import SqlStore
from storage.tokens import StoredTokens
from tests.support.command_line import Done, run_jpd
from tests.support.places import ROOT

TOKEN = "xoxb-sealed"


def jpd(url: str, keys: str, *words: str) -> Done:
    settings = {"JPD_DATABASE_URL": url, **({"JPD_SECRET_KEYS": keys} if keys else {})}
    return run_jpd("keys", *words, folder=ROOT, settings=settings)


async def kept(url: str, *keys: str) -> str | None:
    """The token as these keys open it."""
    store = SqlStore(url, durable=False)
    try:
        return await StoredTokens(store, Seal(keys), "slack").token("T1")
    finally:
        await store.close()


async def keep(url: str, key: str) -> None:
    store = SqlStore(url, durable=False)
    now = datetime(2026, 9, 7, tzinfo=UTC)
    await StoredTokens(store, Seal([key]), "slack").save("T1", TOKEN, name="", now=now)
    await store.close()


async def test_a_key_is_made_and_takes_another_ones_place(database_url: str) -> None:
    made = [(await asyncio.to_thread(jpd, database_url, "", "new")).stdout.strip() for _ in range(2)]
    old, new = made
    assert old != new
    await keep(database_url, old)

    lost = await asyncio.to_thread(jpd, database_url, new, "rotate")
    done = await asyncio.to_thread(jpd, database_url, f"{new},{old}", "rotate")
    again = await asyncio.to_thread(jpd, database_url, new, "rotate")

    assert lost.returncode == 1
    assert "sealed with a key that is not in JPD_SECRET_KEYS" in lost.stderr
    assert (done.returncode, again.returncode) == (0, 0)
    assert "1 token" in done.stdout
    assert await kept(database_url, new) == TOKEN
    assert await kept(database_url, old) is None
    for each in (lost, done, again):
        said = each.stdout + each.stderr
        assert "Traceback" not in said
        assert not any(secret in said for secret in (old, new, TOKEN))


@pytest.mark.parametrize(
    "keys", ["", " , ", "no-key", f"{new_key()},no-key"], ids=["none", "empty", "wrong", "one wrong"]
)
def test_what_is_no_key_is_one_sentence(sqlite_url: str, keys: str) -> None:
    refused = jpd(sqlite_url, keys, "rotate")

    assert refused.returncode == 1
    assert refused.stderr.count("JPD_SECRET_KEYS") == 1
    assert "Traceback" not in refused.stderr
    assert "no-key" not in refused.stderr
