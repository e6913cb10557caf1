"""The cost of a signed activity from Teams, compared with Microsoft's bare SDK in the same run."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt
from aiohttp import ClientSession, DummyCookieJar, web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench import inbound  # noqa: E402  # the same client, servers and world as for Slack

APP, HOME, ISSUER = "bench-app", "bench-home", "https://api.botframework.com"
LOGIN = "https://login.microsoftonline.com"


# --- what is measured -----------------------------------------------------------------------------------------------


def activities(token: str, service: str, text: str, kind: str = "message") -> Callable[[int], bytes]:
    """Return an activity for each person, in their own chat."""

    def one(number: int) -> bytes:
        person = number % inbound.PEOPLE
        tenant = inbound.TEAMS[person % 2]
        body = json.dumps(
            {
                "type": kind, "id": f"{kind}.{text}.{number}", "channelId": "msteams", "serviceUrl": service,
                "from": {"id": f"29:{person}", "aadObjectId": f"U{person}"}, "recipient": {"id": f"28:{APP}"},
                "conversation": {"conversationType": "personal", "tenantId": tenant, "id": f"a:{person}"},
                "channelData": {"tenant": {"id": tenant}}, "text": text, "timestamp": "2026-01-07T15:30:00Z",
            }
        ).encode()  # fmt: skip
        head = (
            "POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    return one


# --- the servers ----------------------------------------------------------------------------------------------------


async def microsoft(jwk: str, _: str) -> web.Application:
    """Serve keys, tokens and a fake Connector that accepts everything."""

    def here(request: web.Request) -> str:
        return f"http://{request.host}"

    async def openid(request: web.Request) -> web.Response:
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{here(request)}/keys"})

    async def keys(_: web.Request) -> web.Response:
        return web.json_response({"keys": [json.loads(jwk)]})

    async def discovery(request: web.Request) -> web.Response:
        login = f"{LOGIN}/{request.match_info['tenant']}"
        ends = {name: f"{login}/oauth2/v2.0/{name.split('_')[0]}" for name in ("token_endpoint",)}
        return web.json_response(
            {"issuer": f"{login}/v2.0", "authorization_endpoint": f"{login}/oauth2/v2.0/authorize", **ends}
        )

    async def instance(_: web.Request) -> web.Response:
        return web.json_response({"metadata": []})

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"token_type": "Bearer", "expires_in": 86_399, "access_token": "bench"})

    async def taken(_: web.Request) -> web.Response:
        return web.json_response({"id": "1"})

    app = web.Application()
    app.add_routes(
        [
            web.get("/openid", openid),
            web.get("/keys", keys),
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", discovery),
            web.get("/common/discovery/instance", instance),
            web.post("/{tenant}/oauth2/v2.0/token", token),
            web.post("/v3/conversations/{chat}/activities", taken),
        ]
    )
    return app


async def bare_sdk(_: str, origin: str) -> web.Application:
    """Serve the SDK as in its samples, with a bot that does not answer."""
    from botbuilder.core import ActivityHandler, TurnContext
    from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
    from botframework.connector.auth import ChannelValidation

    ChannelValidation.open_id_metadata_endpoint = f"{origin}/openid"

    class Settings:
        APP_ID, APP_PASSWORD, APP_TYPE, APP_TENANTID = APP, "secret", "SingleTenant", HOME

    class Silent(ActivityHandler):  # type: ignore[misc]  # the SDK publishes no types
        async def on_message_activity(self, turn_context: TurnContext) -> None: ...

    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(Settings())), Silent()

    async def take(request: web.Request) -> web.Response:
        return await adapter.process(request, bot) or web.Response()

    app = web.Application()
    app.add_routes([web.post("/api/messages", take)])
    return app


async def ours(database_url: str, origin: str) -> web.Application:
    """Serve the adapter, the core and the store as `jpd serve` does."""
    from adapters.server.web import application
    from adapters.teams import app as teams
    from adapters.teams.cloud import Registration
    from adapters.teams.connector import Connector
    from adapters.teams.keys import SigningKeys
    from adapters.teams.messenger import TeamsMessenger
    from adapters.teams.pace import Pace
    from adapters.teams.tokens import TeamsTokens
    from bot.conversation.handler import EventHandler
    from bot.model import Address
    from bot.prompts import Prompts, Voice
    from storage.store import SqlStore

    prompts, store = Prompts.load(ROOT / "prompts"), SqlStore(database_url)

    async def voice_of(_: Address) -> Voice:
        return prompts.voice("en")

    session = ClientSession(cookie_jar=DummyCookieJar())
    registration = Registration(APP, "secret", HOME, f"{origin}/openid", origin)
    tokens = TeamsTokens(registration)
    messenger = TeamsMessenger(Connector(session, tokens, Pace()), voice_of, None)
    handle = EventHandler(store, prompts, {"teams": messenger}).handle
    keys = SigningKeys(registration.openid_url, session)
    connection = teams.TeamsApp(
        registration, keys, tokens, messenger, handle, voice_of, lambda: datetime.now(UTC)
    )
    return application(connection.routes, voice=prompts.voice("en"))


def main() -> None:
    """Print a line for each server, then the ratio."""
    from tests.support.postgres import running_server

    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk = json.dumps({**public, "kid": "bench", "use": "sig", "endorsements": ["msteams"]})
    with (
        inbound.server(microsoft, jwk) as (port, _),
        TemporaryDirectory() as folder,
        running_server() as postgres,
    ):
        origin = f"http://127.0.0.1:{port}"
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": APP, "nbf": now - 60, "exp": now + 3_600, "serviceurl": f"{origin}/"}
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "bench"})
        say = partial(activities, token, f"{origin}/")
        with inbound.server(bare_sdk, "", origin) as (bare_port, used):
            bare = inbound.measure("bare SDK, nothing answered", bare_port, used, say("hello"))
        urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/bench.sqlite"}
        urls["PostgreSQL"] = postgres.url_of(postgres.create())
        for database, url in urls.items():
            asyncio.run(inbound.furnish(url, "teams"))
            with inbound.server(ours, url, origin) as (our_port, used):
                edge = inbound.measure(
                    f"ours, nothing answered, {database}", our_port, used, say("", kind="messageReaction")
                )
                inbound.measure(f"help, answered, {database}", our_port, used, say("help"))
                inbound.measure(f"a typed answer, answered, {database}", our_port, used, say("Give a reason"))
            print(f"  ours: {bare / edge:.0%} of the bare SDK, by CPU an activity that nobody answers")


if __name__ == "__main__":
    main()
