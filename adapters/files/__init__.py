"""Reading and writing files: tables, archives, ledgers, pairs, and the faults of a file."""
