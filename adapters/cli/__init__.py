"""The `jpd` command line, which puts all parts together."""
