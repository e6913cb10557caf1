"""From facts and content to messages: what each message says, one module for each noun. Adapters decide how it looks."""
