"""The two databases: how they are connected and how long we wait."""
