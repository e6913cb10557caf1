"""Use cases: what members and operators can do, one module for each noun."""
