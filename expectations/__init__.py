"""May we believe it: does the evidence suffice, does the second count agree, how fresh and fast are the units."""
