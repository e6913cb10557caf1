"""Signing in with Microsoft: one set of credentials for the process, asked in a thread because MSAL waits."""

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
"""Seconds to connect, seconds to be answered: MSAL itself knows none."""
KNOWN_FOR = 60.0
"""Seconds for which a token is ours without asking MSAL, which hands out none that ends within five minutes."""
A_WHILE = timedelta(seconds=30)
NO_TENANT = "invalid_tenant"
_REFUSED = (NO_TENANT, "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope")

for _name in ("msal", "msrest", "urllib3"):
    logging.getLogger(_name).setLevel(logging.ERROR)  # they would write whole requests at DEBUG


class TeamsTokens:
    """The token for Microsoft's Connector."""

    def __init__(self, registration: Registration, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._registration = registration
        self._clock = clock
        self._credentials: AppCredentials | None = None
        self._token = ""
        self._known_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> str:
        """A token that is good for some minutes.

        Raises `SendError` where Entra is silent, `Disconnected` where it refuses.
        """
        async with self._one_at_a_time:
            if not self._token or self._clock() - self._known_at >= KNOWN_FOR:
                self._token = await self._asked()
                self._known_at = self._clock()
            return self._token

    async def _asked(self) -> str:
        try:
            return await asyncio.to_thread(self._ask)
        except PermissionError as refused:
            reason = next((each for each in _REFUSED if each in str(refused)), "")
            log.warning(
                "teams.sign-in-refused", reason=reason or "unknown"
            )  # the rest of it may name somebody
            if reason:
                raise Disconnected(reason) from None
        except Exception as silent:  # noqa: BLE001  # MSAL and what is below it raise kinds of their own
            log.warning("teams.sign-in-unreachable", error=type(silent).__name__)
        raise SendError("sign-in", A_WHILE)

    def _ask(self) -> str:
        if self._credentials is None:
            self._credentials = _credentials(self._registration)
        return str(self._credentials.get_access_token())


class Factory(ServiceClientCredentialsFactory):  # type: ignore[misc]  # the SDK publishes no types
    """What the SDK's authentication wants to know: whether a token is for us."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id

    async def is_valid_app_id(self, app_id: str) -> bool:
        return app_id == self._app_id

    async def is_authentication_disabled(self) -> bool:
        return False

    async def create_credentials(self, *_: object) -> AppCredentials:
        """Never asked for: what we send is signed by `Tokens`."""
        raise NotImplementedError


def _credentials(registration: Registration) -> AppCredentials:
    """The SDK's credentials with an MSAL application of ours, made once: theirs is new in every turn."""
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
    """What MSAL calls, with time-outs. It takes no plain HTTP, so a Microsoft on this machine is put in underneath."""

    def __init__(self, login_url: str) -> None:
        self._session = requests.Session()
        self._instead = login_url.rstrip("/") if is_loopback(login_url) else LOGIN_URL

    def get(self, url: str, **options: Any) -> requests.Response:
        found = self._session.get(self._to(url), timeout=TIMEOUT, **options)
        if found.status_code == 400 and NO_TENANT in found.text:
            raise PermissionError(NO_TENANT)  # MSAL would not tell it from an answer that nobody can read
        return found

    def post(self, url: str, **options: Any) -> requests.Response:
        return self._session.post(self._to(url), timeout=TIMEOUT, **options)

    def close(self) -> None:
        self._session.close()

    def _to(self, url: str) -> str:
        return url.replace(LOGIN_URL, self._instead, 1)
