"""The SQL queries, one class for each kind of thing."""
