"""Registration: an image aligned with another one, rigidly, by an affine map, or deformed."""

from biomarkers.images.registration.call import mask_on, register

__all__ = ["mask_on", "register"]
