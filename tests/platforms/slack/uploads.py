"""`files.*`: an address for the upload, the bytes, and a file that is ready after some calls."""

from __future__ import annotations

from tests.platforms.slack.web_api import Call, read_json
from tests.platforms.slack.world import Json, Line, Refusal, Token, Upload, World


def upload_url(call: Call) -> Json:
    """`files.getUploadURLExternal`; the server puts the address before the path."""
    call.needs("files:write")
    length = int(call.arg("length"))
    if length < 1:
        raise Refusal("invalid_arguments")
    file = Upload(
        id=call.world.name("F"),
        team=call.team().id,
        name=call.arg("filename"),
        length=length,
        alt=str(call.args.get("alt_txt") or ""),
        polls=call.world.polls_until_ready,
    )
    call.world.files[file.id] = file
    return {"upload_url": f"upload/{file.id}", "file_id": file.id}


def receive(world: World, id: str, content: bytes) -> None:  # noqa: A002  # Slack's word
    """Take the bytes, as many as were announced."""
    file = world.files.get(id)
    if file is None:
        raise Refusal("file_not_found")
    if len(content) != file.length:
        raise Refusal("file_size_mismatch")
    file.content = content


def complete(call: Call) -> Json:
    """`files.completeUploadExternal`: without a channel the file stays private, to be shown by `slack_file`."""
    call.needs("files:write")
    asked = read_json(call.args.get("files"), "invalid_arguments")
    if not isinstance(asked, list) or not asked:
        raise Refusal("invalid_arguments")
    found = [_mine(call, str(each.get("id"))) for each in asked]
    if any(file.content is None for file in found):
        raise Refusal("file_not_found")
    if call.args.get("channel_id"):
        channel = call.channel(call.arg("channel_id"), joined=True)
        bot = call.world.workspace_of(channel.team).bot
        text = str(call.args.get("initial_comment") or "")
        ids = [file.id for file in found]
        call.world.add(
            Line(channel=channel.id, ts=call.world.ts(), author=bot, text=text, files=ids, by_app=True, via="file")
        )  # fmt: skip
    for file, each in zip(found, asked, strict=True):
        file.complete, file.title = True, str(each.get("title") or file.name)
    return {"files": [_shape(file) for file in found]}


def info(call: Call) -> Json:
    """`files.info`: until it is ready a file has no media type."""
    call.needs("files:read")
    file = _mine(call, call.arg("file"))
    if file.complete and file.polls > 0:
        file.polls -= 1
        return {"file": _shape(file) | {"mimetype": "", "filetype": ""}}
    return {"file": _shape(file)}


def _mine(call: Call, id: str) -> Upload:  # noqa: A002  # Slack's word
    file = call.world.files.get(id)
    if file is None or not call.reaches(file.team):
        raise Refusal("file_not_found")
    return file


def share(world: World, team: str, name: str, content: bytes, kind: str) -> Upload:
    """Add a file that a person sends."""
    file = Upload(
        id=world.name("F"),
        team=team,
        name=name,
        length=len(content),
        content=content,
        complete=True,
        kind=kind,
    )
    world.files[file.id] = file
    return file


def shown_in_event(file: Upload) -> Json:
    """Return a file as it stands in the event of a message."""
    return {**_shape(file), "mode": "hosted", "file_access": "visible", "is_external": False}


def download(world: World, id: str, token: Token | None) -> bytes | None:  # noqa: A002  # Slack's word
    """Return a file's bytes; None for who may not read it, who is sent to the page for signing in."""
    file = world.files.get(id)
    may_read = token is not None and not token.gone and "files:read" in token.scopes
    return file.content if file and may_read and token and token.team in ("", file.team) else None


def _shape(file: Upload) -> Json:
    if file.kind:
        return {
            "id": file.id,
            "name": file.name,
            "title": file.name,
            "size": file.length,
            "mimetype": file.kind,
            "filetype": file.name.rpartition(".")[2],
            "url_private_download": f"files/{file.id}",
        }
    kind = file.name.rpartition(".")[2] if file.ready else ""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "size": file.length,
        "alt_txt": file.alt,
        "filetype": kind,
        "mimetype": {"png": "image/png", "json": "application/json"}.get(kind, "application/octet-stream")
        if kind
        else "",
    }
