"""Time until an event: curves, tests, models, and what an early marker says about it."""
