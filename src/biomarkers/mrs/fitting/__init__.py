"""Linear-combination fits of spectra."""
