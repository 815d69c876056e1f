"""Several markers as one: a penalised rule, what it is worth in others, and against one marker."""
