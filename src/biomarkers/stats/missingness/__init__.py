"""Who was not measured, why it may matter, and what would follow if they had been."""
