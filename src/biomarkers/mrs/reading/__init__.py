"""Spectroscopy files of every vendor and format as `Scan`s, and bases as `Basis`."""
