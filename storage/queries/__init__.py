"""One class a noun: its SQL."""
