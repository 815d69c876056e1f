"""Scans of Bruker ParaVision 5 to 360, read by brukerapi."""
