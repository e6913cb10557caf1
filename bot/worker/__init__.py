"""The sending of due deliveries: claim, compose, send, settle."""
