"""The kinds of the files that people send, by what a platform says of them."""

from __future__ import annotations

from bot.events import FileKind

_BY_TYPE = (
    ("image/gif", FileKind.STICKER),
    ("image/", FileKind.PHOTO),
    ("audio/", FileKind.RECORDING),
    ("video/", FileKind.VIDEO),
    ("text/vcard", FileKind.CONTACT),
    ("text/x-vcard", FileKind.CONTACT),
)
"""The beginnings of media types."""
_BY_ENDING = {
    **dict.fromkeys(("gif", "webp"), FileKind.STICKER),
    **dict.fromkeys(("jpg", "jpeg", "png", "heic", "heif", "bmp", "tif", "tiff"), FileKind.PHOTO),
    **dict.fromkeys(("mp3", "m4a", "wav", "ogg", "opus", "aac", "amr"), FileKind.RECORDING),
    **dict.fromkeys(("mp4", "mov", "webm", "avi", "3gp", "m4v"), FileKind.VIDEO),
    **dict.fromkeys(("vcf", "vcard"), FileKind.CONTACT),
}


def kind_of(media_type: str, name: str) -> FileKind:
    """Return the kind of a file by its media type, or by the ending of its name where that tells nothing."""
    for beginning, kind in _BY_TYPE:
        if media_type.casefold().startswith(beginning):
            return kind
    if media_type and not media_type.casefold().startswith("application/octet-stream"):
        return FileKind.FILE
    return _BY_ENDING.get(name.rpartition(".")[2].casefold(), FileKind.FILE)
