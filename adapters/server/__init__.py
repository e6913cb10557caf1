"""The running process: web application, heartbeat, health and metrics."""
