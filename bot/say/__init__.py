"""From facts and content to messages: what each one says, a module for each noun. Adapters decide how it looks."""
