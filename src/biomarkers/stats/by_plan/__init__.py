"""Everything a plan asks for: the test of separation, and every further analysis."""
