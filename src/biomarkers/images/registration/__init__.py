"""Registration: an image aligned with another one, rigidly, by an affine map, or deformed."""

from biomarkers.images.registration.call import register

__all__ = ["register"]
