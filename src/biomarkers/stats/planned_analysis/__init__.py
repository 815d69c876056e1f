"""An analysis by plan: from table and participants to results, and what they say in words."""
