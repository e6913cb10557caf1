"""An event comes in, one transaction runs one use case, a reply goes back."""
