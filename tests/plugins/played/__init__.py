"""A command for tests that does as it is told."""
