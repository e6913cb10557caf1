"""Files that people bring and take away: tables, archives, their faults."""
