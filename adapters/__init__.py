"""Everything that meets the world: chat platforms, the browser, files, the clock. The core knows none of it."""
