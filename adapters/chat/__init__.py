"""What every chat platform shares: buttons, Markdown, charts, long texts."""
