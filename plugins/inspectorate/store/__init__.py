"""Keep: what is written to Postgres and read from it."""
