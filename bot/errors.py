"""Errors named after the situation; their texts are content."""

from __future__ import annotations

from datetime import timedelta


class UserError(Exception):
    """A problem that the person can solve. `key` names the sentence in `prompts/`, `facts` are put into it.

    Raising it rolls the transaction back, so nothing was changed.
    """

    def __init__(self, key: str, **facts: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


class SendError(Exception):
    """The platform did not take the message now: try again, after `retry_after` if it is given.

    The wait holds for the whole workspace, or with `one_chat` for a single chat.
    """

    def __init__(self, reason: str, retry_after: timedelta | None = None, *, one_chat: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.one_chat = one_chat


class Uncertain(Exception):
    """The message may have arrived: ask the platform before sending again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Untraceable(Exception):
    """The platform cannot be asked whether a message arrived."""


class Conflict(Exception):
    """Another transaction was in the way: this one is rolled back, and may be run again."""


class StoreAway(Exception):
    """The store does not answer now. The transaction is rolled back, and what is due stays due.

    A transaction that was being committed at that moment may have been stored.
    """


class Busy(StoreAway):
    """So much waits already that one more would wait too long; it was not begun, or could not be stored."""


class Disconnected(Exception):
    """The workspace has removed the bot: what is owed waits until it installs the bot again."""


class Blocked(Disconnected):
    """One person's chat takes no messages from the bot: what is owed to them is tried again on a later day."""


class Unreachable(Exception):
    """The platform will never take a message for this address; `reason` is a key of the content, for the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
