"""`python -m adapters.cli` is `jpd`."""

from __future__ import annotations

from adapters.cli.main import main

if __name__ == "__main__":
    main()
