"""The filters of IBSI-2: what an image is turned into before its features are taken.

Names, axes x, y, z in this order: `mean_5` (an odd number of voxels); `log_3mm` (Laplacian of a
Gaussian of this standard deviation); `laws_l5e5e5`, `laws_l5e5e5_energy7_rot`;
`gabor_5mm_2mm_45deg`, `gabor_5mm_2mm_45deg_g1.5_rot` (sigma, wavelength, angle, ratio of widths);
`wavelet_coif1`, `wavelet_db3_llh_level2_rot` (a sub-band, the highest if not said);
`simoncelli_1` (level). What lies beyond the edge of the image is said at the end: `zero`,
`nearest`, `periodic`, or `mirror` if nothing is; Simoncelli's takes the image to be periodic.
Filters work in slices where features are those of slices (`planes="2d"`), else in space.

Zwanenburg et al. 2020, arXiv:2006.05470; Whybra et al. 2024, doi:10.1148/radiol.231319.
"""

from biomarkers.radiomics.filters.naming import Filter, parse_filter
from biomarkers.radiomics.filters.response import filtered

__all__ = ["Filter", "filtered", "parse_filter"]
