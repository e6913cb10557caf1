"""Reading the intent of a typed text: pure, deterministic and offline; nothing is stored or logged."""
