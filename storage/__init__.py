"""The store: SQL on SQLite or PostgreSQL, behind the ports of the core."""
