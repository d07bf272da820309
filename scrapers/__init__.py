"""What can be seen: spiders fetch, dialects read, the prober knocks."""
