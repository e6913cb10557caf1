"""What is owed goes out: claim, compose, send, settle."""
