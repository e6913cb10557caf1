"""Signing in with Microsoft, by one set of credentials for the process, in a thread because MSAL blocks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msal
import requests
import structlog
from botframework.connector.auth import (
    AppCredentials,
    ManagedIdentityAppCredentials,
    MicrosoftAppCredentials,
    ServiceClientCredentialsFactory,
)

from adapters.teams.cloud import LOGIN_URL, Registration, is_loopback
from bot.errors import Disconnected, SendError

log = structlog.get_logger()

TIMEOUT = (5, 10)
"""Seconds to connect and to be answered; MSAL has no time-outs of its own."""
SECONDS_KEPT = 60.0
"""Seconds for which a token is used without asking MSAL, whose tokens are valid for five minutes at least."""
A_WHILE = timedelta(seconds=30)
NO_TENANT = "invalid_tenant"
_REFUSED = (NO_TENANT, "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope")

for _name in ("msal", "msrest", "urllib3"):
    logging.getLogger(_name).setLevel(logging.ERROR)  # they log whole requests at DEBUG


class TeamsTokens:
    """The tokens for Microsoft's Connector."""

    def __init__(self, registration: Registration, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._registration = registration
        self._clock = clock
        self._credentials: AppCredentials | None = None
        self._token = ""
        self._got_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> str:
        """Return a token that is valid for some minutes.

        Raises `SendError` when Entra does not answer, `Disconnected` when it refuses.
        """
        async with self._one_at_a_time:
            if not self._token or self._clock() - self._got_at >= SECONDS_KEPT:
                self._token = await self._request()
                self._got_at = self._clock()
            return self._token

    async def _request(self) -> str:
        try:
            return await asyncio.to_thread(self._sign_in)
        except PermissionError as refused:
            reason = next((each for each in _REFUSED if each in str(refused)), "")
            # The full text may hold personal data.
            log.warning("teams.sign-in-refused", reason=reason or "unknown")
            if reason:
                raise Disconnected(reason) from None
        except Exception as silent:  # noqa: BLE001  # MSAL and its libraries raise many kinds of errors
            log.warning("teams.sign-in-unreachable", error=type(silent).__name__)
        raise SendError("sign-in", A_WHILE)

    def _sign_in(self) -> str:
        if self._credentials is None:
            self._credentials = _credentials(self._registration)
        return str(self._credentials.get_access_token())


class CredentialsFactory(ServiceClientCredentialsFactory):  # type: ignore[misc]  # the SDK publishes no types
    """The SDK's interface by which its authentication asks whether a token is for this bot."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id

    async def is_valid_app_id(self, app_id: str) -> bool:
        return app_id == self._app_id

    async def is_authentication_disabled(self) -> bool:
        return False

    async def create_credentials(self, *_: object) -> AppCredentials:
        """Raise `NotImplementedError`: the SDK never calls this, because `TeamsTokens` signs what we send."""
        raise NotImplementedError


def _credentials(registration: Registration) -> AppCredentials:
    """Return the SDK's credentials with one MSAL application, where the SDK would make a new one each time."""
    http = _Http(registration.login_url)
    if not registration.password:
        managed = ManagedIdentityAppCredentials(registration.app_id, registration.issuer)
        identity = msal.UserAssignedManagedIdentity(client_id=registration.app_id)
        managed.app = msal.ManagedIdentityClient(identity, http_client=http)
        return managed
    credentials = MicrosoftAppCredentials(
        registration.app_id, registration.password, registration.tenant, registration.issuer
    )
    login = LOGIN_URL if is_loopback(registration.login_url) else registration.login_url
    credentials.app = msal.ConfidentialClientApplication(
        registration.app_id,
        client_credential=registration.password,
        authority=f"{login.rstrip('/')}/{registration.tenant}",
        http_client=http,
    )
    return credentials


class _Http:
    """The HTTP client of MSAL, with time-outs; MSAL takes no plain HTTP, so a fake Microsoft is put in here."""

    def __init__(self, login_url: str) -> None:
        self._session = requests.Session()
        self._instead = login_url.rstrip("/") if is_loopback(login_url) else LOGIN_URL

    def get(self, url: str, **options: Any) -> requests.Response:
        found = self._session.get(self._to(url), timeout=TIMEOUT, **options)
        if found.status_code == 400 and NO_TENANT in found.text:
            raise PermissionError(NO_TENANT)  # MSAL would report it like an answer that it cannot read
        return found

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._session.post(self._to(url), timeout=TIMEOUT, **options)

    def close(self) -> None:
        self._session.close()

    def _to(self, url: str) -> str:
        return url.replace(LOGIN_URL, self._instead, 1)
