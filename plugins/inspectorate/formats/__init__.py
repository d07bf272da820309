"""Print and read files: one word a format."""
