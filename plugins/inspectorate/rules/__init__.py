"""What the clauses of the editions mean, as functions of evidence."""
