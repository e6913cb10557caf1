"""The check that a request comes from Microsoft, is meant for this bot and can be read.

The SDK verifies the token; the statuses are chosen here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import jwt
import structlog
from aiohttp import web
from botbuilder.integration.aiohttp import ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity, ChannelAccount
from botframework.connector.auth import JwtTokenExtractor

from adapters.chat.bodies import Body, Malformed, json_object
from adapters.teams.cloud import Registration, is_loopback
from adapters.teams.inbound import UnknownInvoke
from adapters.teams.keys import CHANNEL, KeysUnreachable, SigningKeys
from adapters.teams.tokens import CredentialsFactory, TeamsTokens
from bot.errors import Disconnected, SendError

log = structlog.get_logger()


FORWARDED = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip")
"""The beginnings of the headers that a proxy or a tunnel adds."""


class Edge:
    """`POST /api/messages`."""

    def __init__(
        self,
        registration: Registration,
        keys: SigningKeys,
        tokens: TeamsTokens | None,
        take: Callable[[Body], Awaitable[Mapping[str, Any] | None]],
    ) -> None:
        """Without tokens (and without an app id) every request from this machine is accepted."""
        self._registration = registration
        self._tokens = tokens
        self._take = take
        self._authentication = _authentication(registration, keys) if registration.app_id else None

    async def take(self, request: web.Request) -> web.Response:
        """Answer one request with 200, 400, 401, 403, 413, 415, 501, or with 500, after which Teams sends it again."""
        if self._authentication is None and not _is_from_here(request):
            raise web.HTTPForbidden
        activity = await _activity(request)
        await self._verify(activity, request.headers.get("Authorization", ""))
        if not self._registration.may_serve(activity["serviceUrl"]):
            raise web.HTTPBadRequest
        if self._tokens is not None:
            await self._sign_in(self._tokens)
        try:
            answer = await self._take(activity)
        except Malformed as malformed:
            log.info("teams.malformed", what=str(malformed))
            raise web.HTTPBadRequest from None
        except UnknownInvoke:
            raise web.HTTPNotImplemented from None
        return web.Response() if answer is None else web.json_response(answer)

    async def _verify(self, activity: Body, header: str) -> None:
        """Verify that the activity comes from Microsoft. Raises 401, or 500 when its keys cannot be fetched."""
        if self._authentication is None:
            return
        if not self._is_for_us(header):
            raise web.HTTPUnauthorized
        asked = Activity(
            channel_id=CHANNEL, service_url=activity["serviceUrl"], recipient=ChannelAccount(id="")
        )
        try:
            await self._authentication.authenticate_request(asked, header)
        except KeysUnreachable:
            raise web.HTTPInternalServerError from None
        except Exception as refused:  # noqa: BLE001  # the SDK raises whatever its libraries raise at a bad token
            log.info("teams.refused", reason=type(refused).__name__)
            raise web.HTTPUnauthorized from None

    def _is_for_us(self, header: str) -> bool:
        """Check what needs no key, so that a token of another issuer does not make us fetch keys."""
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer" or not token:
            return False
        try:
            head = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return False
        is_signed = isinstance(head.get("kid"), str) and head.get("alg") == "RS256"
        return is_signed and claims.get("iss") == self._registration.issuer and "exp" in claims

    async def _sign_in(self, tokens: TeamsTokens) -> None:
        """Get the token for the answer before anything is done. Raises 500, after which Teams sends it again."""
        try:
            await tokens.get()
        except (SendError, Disconnected):
            raise web.HTTPInternalServerError from None


def _is_from_here(request: web.Request) -> bool:
    """Tell whether a program on this machine asks, and no proxy or page of another site through it."""
    is_forwarded = any(name.casefold().startswith(FORWARDED) for name in request.headers)
    return not is_forwarded and is_loopback(str(request.url))


async def _activity(request: web.Request) -> Body:
    """Return the body, with the fields on which everything else relies. Raises 415, 413 or 400."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        activity = json_object(await request.read())
    except Malformed:
        raise web.HTTPBadRequest from None
    if not isinstance(activity.get("conversation"), dict):
        raise web.HTTPBadRequest
    given = (activity.get("type"), activity.get("serviceUrl"), activity["conversation"].get("id"))
    if not all(isinstance(each, str) and each for each in given) or activity.get("channelId") != CHANNEL:
        raise web.HTTPBadRequest
    return activity


def _authentication(registration: Registration, keys: SigningKeys) -> ConfigurationBotFrameworkAuthentication:
    """Return the SDK's validation, which asks our own list of signing keys."""
    JwtTokenExtractor.metadataCache[registration.openid_url] = keys
    settings = SimpleNamespace(
        TO_CHANNEL_FROM_BOT_LOGIN_URL=registration.login_url,
        TO_CHANNEL_FROM_BOT_OAUTH_SCOPE=registration.issuer,
        TO_BOT_FROM_CHANNEL_TOKEN_ISSUER=registration.issuer,
        TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL=registration.openid_url,
        TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL=registration.openid_url,
        VALIDATE_AUTHORITY=True,
    )
    return ConfigurationBotFrameworkAuthentication(
        settings, credentials_factory=CredentialsFactory(registration.app_id)
    )
