"""The fleet's memory: one set of tables, in SQLite for one machine and in PostgreSQL for many."""
