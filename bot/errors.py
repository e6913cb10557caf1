"""What can go wrong and has an answer: errors named after the situation; their texts are content."""

from __future__ import annotations

from datetime import timedelta


class UserError(Exception):
    """Something the person can mend. `key` names the sentence in `prompts/`, `facts` are put into it.

    Raising it rolls the transaction back: nothing was changed, and the sentence says so.
    """

    def __init__(self, key: str, **facts: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


class SendError(Exception):
    """The platform did not take the message now; try again, and where there is a `retry_after`, not before.

    That is true of a whole workspace, or with `one_chat` of a single chat only.
    """

    def __init__(self, reason: str, retry_after: timedelta | None = None, *, one_chat: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.one_chat = one_chat


class Uncertain(Exception):
    """The message may or may not have arrived: ask before sending again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Untraceable(Exception):
    """The platform can't be asked whether a message of ours arrived."""


class StoreAway(Exception):
    """The store does not answer, or not now. What was begun is rolled back; what is due stays due.

    Only of a transaction that was just being committed nobody knows: what it did may be found done.
    """


class Disconnected(Exception):
    """The workspace takes nothing from us any more: what is owed waits until it lets the bot in again."""


class Unreachable(Exception):
    """The platform will never take a message for this address: `reason`, a key of the content, goes to the ledger."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
