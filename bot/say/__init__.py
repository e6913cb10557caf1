"""Facts and content → messages: what each message contains, a module a noun. How it looks is the adapters' affair."""
