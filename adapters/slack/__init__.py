"""Slack: the neutral message as Block Kit."""
