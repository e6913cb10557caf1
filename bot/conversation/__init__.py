"""From an event to its reply: who sent it, which use case it means, and the transaction it runs in."""
