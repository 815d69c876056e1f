"""How far two classes lie apart: ROC curves, areas, cut-offs, sample sizes."""
