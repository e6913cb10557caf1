"""Secrets at rest: sealed with the first key, opened with any."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class NoSuchKey(Exception):
    """A secret in the store was sealed with a key that is not among the given ones."""


class Seal:
    """Seals and opens secrets; without keys, none. Raises `ValueError` for a malformed key."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def close(self, secret: str) -> bytes:
        """Seal with the first key. Raises `NoSuchKey` if there is none."""
        if self._fernet is None:
            raise NoSuchKey
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Return the secret. Raises `NoSuchKey`."""
        if self._fernet is None:
            raise NoSuchKey
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise NoSuchKey from None

    def renew(self, sealed: bytes) -> bytes:
        """Return the same secret, sealed with the first key. Raises `NoSuchKey`."""
        return self.close(self.open(sealed))


def new_key() -> str:
    """Return a new key in the form that the settings take."""
    return Fernet.generate_key().decode()
