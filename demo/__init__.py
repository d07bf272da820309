"""A made-up city in a mirror: sites and accounts with seeded faults, near misses and their truth."""
