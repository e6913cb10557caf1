"""The content of a file that somebody sent on Slack, from Slack's own machines only."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from adapters.chat.downloads import download, require_size
from adapters.slack.api import SLACK, Api, Json
from bot.errors import UserError

HOSTS = frozenset({"files.slack.com", "files.slack-gov.com"})
"""Slack's machines for files: a token goes to no other."""
WEB_PAGES = (b"<!doctype html", b"<html")
"""The beginnings of Slack's page for signing in, which comes in place of a file that the bot may not read."""


async def download_file(api: Api, token: str, described: Json, most: int) -> bytes:
    """Return the content of a file as `files.info` describes it. Raises `UserError` or `SendError`."""
    size, url = described.get("size"), described.get("url_private_download") or described.get("url_private")
    if isinstance(size, int):
        require_size(size, most)
    headers = {"Authorization": f"Bearer {token}"}
    content = await download(api.session, str(url or ""), most, partial(is_slack, api.base_url), headers)
    is_page = content[:100].lstrip().lower().startswith(WEB_PAGES)
    if is_page and described.get("mimetype") != "text/html":
        raise UserError("file-not-opened")
    return content


def is_slack(api_url: str, url: str) -> bool:
    """Tell whether an address is of Slack's machines for files, or of the emulator that the settings name."""
    parts = urlsplit(url)
    if api_url != SLACK and parts[:2] == urlsplit(api_url)[:2]:
        return True
    return parts.scheme == "https" and parts.netloc in HOSTS
