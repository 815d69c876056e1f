"""Figures of the report: matplotlib in, inlined SVG out."""
