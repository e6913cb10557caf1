"""Pure rules: dates, plans, privacy, figures. No store, no text."""
