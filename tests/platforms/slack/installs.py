"""`oauth.v2.*`, `auth.*`, `apps.*`: the installation and removal of the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

from tests.platforms.slack.web_api import Call
from tests.platforms.slack.world import APP, Json, Refusal, Token, World

CODE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Installer:
    """The person who presses *Allow* or *Cancel* next."""

    team: str
    person: str = "U0ADMIN"
    enterprise: str = ""
    """Set when the app is installed for a whole organisation, without a team."""
    error: str = ""
    """`access_denied` where they press *Cancel*."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code, to be exchanged for a token once within ten minutes."""

    installer: Installer
    scopes: frozenset[str]
    redirect: str
    until: float


@dataclass(slots=True)
class Installs:
    """The app's own credentials, and the codes that are not exchanged yet."""

    client_id: str = "111.222"
    client_secret: str = "client-secret"
    app_token: str = "xapp-1-A0JPD-1-fake"
    redirects: tuple[str, ...] = ()
    """The addresses to which Slack may redirect; empty: any."""
    installer: Installer | None = None
    codes: dict[str, Code] = field(default_factory=dict)
    answer: Json = field(default_factory=dict)
    """The fields in which `oauth.v2.access` differs from a usual app's: one with token rotation, say."""


def allow(world: World, installs: Installs, asked: Json) -> str:
    """Return the redirect address after the page at `/oauth/v2/authorize`."""
    redirect = str(asked.get("redirect_uri") or next(iter(installs.redirects), ""))
    if asked.get("client_id") != installs.client_id:
        raise Refusal("invalid_client_id")
    if not redirect or (installs.redirects and not redirect.startswith(installs.redirects)):
        raise Refusal("bad_redirect_uri")
    scopes = frozenset(filter(None, str(asked.get("scope") or "").split(",")))
    if not scopes:
        raise Refusal("no_scopes")
    who = installs.installer or Installer(next(reversed(world.workspaces), ""))
    answer = {"state": str(asked.get("state") or "")}
    if who.error:
        answer = {"error": who.error, **answer}
    else:
        code = world.name("code-")
        installs.codes[code] = Code(
            who, scopes, str(asked.get("redirect_uri") or ""), world.clock.now() + CODE_SECONDS
        )
        answer = {"code": code, **answer}
    parts = urlsplit(redirect)
    query = "&".join(filter(None, [parts.query, urlencode(answer)]))
    return urlunsplit(parts._replace(query=query))


def access(world: World, installs: Installs, asked: Json) -> Json:
    """Exchange the code for a token (`oauth.v2.access`); a new installation gives the same token with more scopes."""
    if asked.get("client_id") != installs.client_id:
        raise Refusal("invalid_client_id")
    if asked.get("client_secret") != installs.client_secret:
        raise Refusal("bad_client_secret")
    code = installs.codes.pop(str(asked.get("code")), None)
    if code is None or world.clock.now() > code.until:
        raise Refusal("invalid_code")
    if code.redirect != str(asked.get("redirect_uri") or ""):
        raise Refusal("bad_redirect_uri")
    who = code.installer
    token = _token(world, who, code.scopes)
    workspace = world.workspaces.get(who.team)
    enterprise = who.enterprise or (workspace.enterprise if workspace else "")
    return {
        "app_id": APP,
        "authed_user": {"id": who.person},
        "scope": ",".join(sorted(token.scopes)),
        "token_type": "bot",
        "access_token": token.value,
        "bot_user_id": f"UBOT{enterprise or who.team}",
        "team": None if who.enterprise else {"id": who.team, "name": workspace.name if workspace else ""},
        "enterprise": {"id": enterprise, "name": enterprise} if enterprise else None,
        "is_enterprise_install": bool(who.enterprise),
        **installs.answer,
    }


def _token(world: World, who: Installer, scopes: frozenset[str]) -> Token:
    team = "" if who.enterprise else who.team
    for token in world.tokens.values():
        if not token.gone and (token.team, token.enterprise if not team else "") == (team, who.enterprise):
            token.scopes |= scopes
            return token
    enterprise = who.enterprise or world.workspace_of(team).enterprise
    made = Token(
        value=world.name(f"xoxb-{team or enterprise}-"), team=team, enterprise=enterprise, scopes=scopes
    )
    world.tokens[made.value] = made
    return made


def auth_test(call: Call) -> Json:
    """`auth.test`."""
    token = call.token
    workspace = call.world.workspaces.get(token.team)
    return {
        "url": f"https://{workspace.domain if workspace else token.enterprise}.slack.com/",
        "team": workspace.name if workspace else token.enterprise,
        "team_id": token.team or token.enterprise,
        "user": "jpd",
        "user_id": f"UBOT{token.enterprise or token.team}",
        "bot_id": f"B{token.enterprise or token.team}",
        "is_enterprise_install": not token.team,
        **({"enterprise_id": token.enterprise} if token.enterprise else {}),
    }


def revoke(call: Call) -> Json:
    """Revoke this token only (`auth.revoke`)."""
    if not call.flag("test"):
        call.token.gone = "token_revoked"
    return {"revoked": not call.flag("test")}


def remove(call: Call, installs: Installs) -> Json:
    """Remove the app from the token's workspace (`apps.uninstall`); no event is sent."""
    if call.args.get("client_id") != installs.client_id:
        raise Refusal("invalid_client_id")
    if call.args.get("client_secret") != installs.client_secret:
        raise Refusal("bad_client_secret")
    call.world.end_tokens(call.team().id, "account_inactive")
    return {}
