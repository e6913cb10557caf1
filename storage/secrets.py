"""Secrets at rest: sealed with the first of our keys, opened with any of them."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class NoSuchKey(Exception):
    """What lies in the store was sealed with a key that is not among ours."""


class Seal:
    """Seals and opens. A key that is none is a `ValueError`."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def close(self, secret: str) -> bytes:
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Raises `NoSuchKey`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise NoSuchKey from None

    def renew(self, sealed: bytes) -> bytes:
        """The same secret, sealed with the first key. Raises `NoSuchKey`."""
        return self.close(self.open(sealed))


def new_key() -> str:
    """A key, as the settings take it."""
    return Fernet.generate_key().decode()
