"""Everything that meets the world: chat platforms, the browser, files, the clock. Knows the core; the core knows none of it."""
