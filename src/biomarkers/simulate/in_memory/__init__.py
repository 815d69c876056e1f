"""Cases with arrays, made in memory, whose best possible judgement is known."""
