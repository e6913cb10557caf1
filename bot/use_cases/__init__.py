"""What people and operators can do, a module a noun; each function gets an open transaction."""
