"""At which visits classes separate, tested jointly over visits and biomarkers."""
