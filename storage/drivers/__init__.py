"""Engines and connections for SQLite and PostgreSQL."""
