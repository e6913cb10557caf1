"""Files that people send in the playground: the page posts their content, which goes along as the reference."""

from __future__ import annotations

from base64 import b64decode, b64encode

from adapters.chat.downloads import require_size
from adapters.chat.sent_files import kind_of
from bot.events import SentFile
from bot.model import Account, Address


def sent_file(name: str, content: bytes) -> SentFile:
    """Return a posted file as the core gets it."""
    return SentFile(kind_of("", name), name, b64encode(content).decode())


class PlaygroundDirectory:
    """The port `Directory` in the playground, where everybody is known and only files are asked for."""

    gathers = False

    async def email_of(self, address: Address) -> str:  # noqa: ARG002  # the port has it
        """Return nothing: nobody is looked up."""
        return ""

    async def named(self, workspace: str, email: str) -> Address | None:  # noqa: ARG002  # the port has them
        """Return None: nobody is looked up."""
        return None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:  # noqa: ARG002  # the port has them
        """Return nobody: there are no channels."""
        return ()

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:  # noqa: ARG002  # the port has it
        """Return the content that came with the message."""
        content = b64decode(file.ref)
        require_size(len(content), most)
        return content
