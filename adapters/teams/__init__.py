"""Teams: the neutral message as an Adaptive Card."""
