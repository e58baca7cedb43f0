"""Where everything durable is: one protocol, a memory twin, one SQL adapter for SQLite and PostgreSQL."""
