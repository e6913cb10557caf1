"""Code that the chat platforms share: buttons, Markdown, charts, long texts."""
