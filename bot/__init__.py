"""The core of the JPD bot: it knows schools, people and cycles, and no platform."""
