"""How pages are read: no network, no clock, no database."""
