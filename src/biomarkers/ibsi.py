"""The features of the Image Biomarker Standardisation Initiative: names, codes, units, meanings.

Tags and codes are those of the IBSI reference manual (arXiv:1612.07003; Zwanenburg et al. 2020,
doi:10.1148/radiol.2020191145). A tag is that of a family, of a feature, and of the way in which
matrices of directions and slices were put together, where there are several. The register of
quantities and `biomarkers.radiomics` both read this list; nothing else spells a tag.

Examples
--------
>>> from biomarkers import ibsi
>>> len(ibsi.tags("3d")), len(ibsi.tags("2d"))
(215, 351)
>>> ibsi.split_tag("log_3mm_cm_joint_avg_3D_comb")
('log_3mm', 'cm_joint_avg_3D_comb')
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Planes = Literal["2d", "3d"]
ORIGINAL = "original"

# By slice, averaged or their directions merged; of all slices merged, by direction or all; in 3-D.
DIRECTIONAL = MappingProxyType(
    {"2d": ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb"), "3d": ("3D_avg", "3D_comb")}
)
UNDIRECTED = MappingProxyType({"2d": ("2D", "2_5D"), "3d": ("3D",)})


@dataclass(frozen=True)
class Feature:
    """A feature: its name within the family, its IBSI code, what it is, its unit."""

    name: str
    code: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Family:
    """Features that are computed together.

    Parameters
    ----------
    prefix
        What their tags begin with.
    title
        In words.
    features
        In the order of the manual.
    aggregations
        What tags end in, by plane; none where there is one way only.

    Examples
    --------
    >>> from biomarkers import ibsi
    >>> next(each for each in ibsi.FAMILIES if each.prefix == "ngt").tags("2d")[:2]
    ('ngt_coarseness_2D', 'ngt_contrast_2D')

    """

    prefix: str
    title: str
    features: tuple[Feature, ...]
    aggregations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tags(self, planes: str) -> tuple[str, ...]:
        """Return the tags of the family."""
        return tuple(tag for tag, _ in self.tagged(planes))

    def tagged(self, planes: str) -> Iterator[tuple[str, Feature]]:
        """Yield every tag and its feature."""
        for ending in self.aggregations.get(planes, ("",)):
            for feature in self.features:
                yield tag_of(self.prefix, feature.name, ending), feature


def tag_of(prefix: str, name: str, aggregation: str = "") -> str:
    """Return a tag."""
    return "_".join(filter(None, (prefix, name, aggregation)))


def _features(text: str) -> tuple[Feature, ...]:
    """Return the features of a table: name, code, meaning, and after two blanks a unit."""
    rows = []
    for line in text.strip().splitlines():
        name, code, rest = line.split(maxsplit=2)
        meaning, _, unit = rest.partition("  ")
        rows.append(Feature(name, code, meaning.strip(), unit.strip()))
    return tuple(rows)


_MORPHOLOGY = _features("""
volume RNU0 volume of the mesh  mm^3
vol_approx YEKZ volume by counting voxels  mm^3
area_mesh C0JK surface area of the mesh  mm^2
av 2PR5 surface to volume ratio  1/mm
comp_1 SKGS compactness 1
comp_2 BQWJ compactness 2
sph_dispr KRCK spherical disproportion
sphericity QCFX sphericity
asphericity 25C7 asphericity
com KLMA centre of mass shift  mm
diam L0JK maximum 3D diameter  mm
pca_maj_axis TDIC major axis length  mm
pca_min_axis P9VJ minor axis length  mm
pca_least_axis 7J51 least axis length  mm
pca_elongation Q3CK elongation
pca_flatness N17B flatness
vol_dens_aabb PBX1 volume density of the axis-aligned bounding box
area_dens_aabb R59B area density of the axis-aligned bounding box
vol_dens_ombb ZH1A volume density of the oriented minimum bounding box
area_dens_ombb IQYR area density of the oriented minimum bounding box
vol_dens_aee 6BDE volume density of the approximate enclosing ellipsoid
area_dens_aee RDD2 area density of the approximate enclosing ellipsoid
vol_dens_mvee SWZ1 volume density of the minimum volume enclosing ellipsoid
area_dens_mvee BRI8 area density of the minimum volume enclosing ellipsoid
vol_dens_conv_hull R3ER volume density of the convex hull
area_dens_conv_hull 7T7F area density of the convex hull
integ_int 99N0 integrated intensity
moran_i N365 Moran's I index
geary_c NPT7 Geary's C measure
""")

_LOCAL = _features("""
peak_loc VJGA local intensity peak
peak_glob 0F91 global intensity peak
""")

_STATISTICS = _features("""
mean Q4LE mean intensity
var ECT3 intensity variance
skew KE2A intensity skewness
kurt IPH6 excess intensity kurtosis
median Y12H median intensity
min 1GSF minimum intensity
p10 QG58 10th intensity percentile
p90 8DWT 90th intensity percentile
max 84IY maximum intensity
iqr SALO intensity interquartile range
range 2OJQ intensity range
mad 4FUA mean absolute deviation of intensities
rmad 1128 robust mean absolute deviation of intensities
medad N72L median absolute deviation of intensities
cov 7TET coefficient of variation of intensities
qcod 9S40 quartile coefficient of dispersion of intensities
energy N8CA intensity energy
rms 5ZWQ root mean square intensity
""")

_HISTOGRAM = _features("""
mean X6K6 mean discretised intensity
var CH89 variance of discretised intensities
skew 88K1 skewness of discretised intensities
kurt C3I7 excess kurtosis of discretised intensities
median WIFQ median discretised intensity
min 1PR8 minimum discretised intensity
p10 GPMT 10th percentile of discretised intensities
p90 OZ0C 90th percentile of discretised intensities
max 3NCY maximum discretised intensity
mode AMMC mode of the intensity histogram
iqr WR0O interquartile range of discretised intensities
range 5Z3W range of discretised intensities
mad D2ZX mean absolute deviation of discretised intensities
rmad WRZB robust mean absolute deviation of discretised intensities
medad 4RNL median absolute deviation of discretised intensities
cov CWYJ coefficient of variation of discretised intensities
qcod SLWD quartile coefficient of dispersion of discretised intensities
entropy TLU2 discretised intensity entropy
uniformity BJ5W discretised intensity uniformity
max_grad 12CE maximum histogram gradient
max_grad_g 8E6O intensity of the maximum histogram gradient
min_grad VQB3 minimum histogram gradient
min_grad_g RHQZ intensity of the minimum histogram gradient
""")

_VOLUME_HISTOGRAM = _features("""
v10 BC2M volume fraction at 10 % of the intensity range
v90 BC2M volume fraction at 90 % of the intensity range
i10 GBPN intensity at 10 % of the volume
i90 GBPN intensity at 90 % of the volume
diff_v10_v90 DDTU volume fraction difference between 10 % and 90 % of the intensity range
diff_i10_i90 CNV2 intensity difference between 10 % and 90 % of the volume
auc 9CMM area under the intensity-volume histogram
""")

_COOCCURRENCE = _features("""
joint_max GYBY joint maximum
joint_avg 60VM joint average
joint_var UR99 joint variance
joint_entr TU9B joint entropy
diff_avg TF7R difference average
diff_var D3YU difference variance
diff_entr NTRS difference entropy
sum_avg ZGXS sum average
sum_var OEEB sum variance
sum_entr P6QZ sum entropy
energy 8ZQL angular second moment
contrast ACUI contrast
dissimilarity 8S9J dissimilarity
inv_diff IB1Z inverse difference
inv_diff_norm NDRX normalised inverse difference
inv_diff_mom WF0Z inverse difference moment
inv_diff_mom_norm 1QCO normalised inverse difference moment
inv_var E8JP inverse variance
corr NI2N correlation
auto_corr QWB0 autocorrelation
clust_tend DG8W cluster tendency
clust_shade 7NFM cluster shade
clust_prom AE86 cluster prominence
info_corr1 R8DG information correlation 1
info_corr2 JN9H information correlation 2
""")

_RUN_LENGTHS = _features("""
sre 22OV short runs emphasis
lre W4KF long runs emphasis
lgre V3SW low grey level run emphasis
hgre G3QZ high grey level run emphasis
srlge HTZT short run low grey level emphasis
srhge GD3A short run high grey level emphasis
lrlge IVPO long run low grey level emphasis
lrhge 3KUM long run high grey level emphasis
glnu R5YN grey level non-uniformity of runs
glnu_norm OVBL normalised grey level non-uniformity of runs
rlnu W92Y run length non-uniformity
rlnu_norm IC23 normalised run length non-uniformity
r_perc 9ZK5 run percentage
gl_var 8CE5 grey level variance of runs
rl_var SXLW run length variance
rl_entr HJ9O run entropy
""")

_SIZE_ZONES = _features("""
sze 5QRC small zone emphasis
lze 48P8 large zone emphasis
lgze XMSY low grey level zone emphasis
hgze 5GN9 high grey level zone emphasis
szlge 5RAI small zone low grey level emphasis
szhge HW1V small zone high grey level emphasis
lzlge YH51 large zone low grey level emphasis
lzhge J17V large zone high grey level emphasis
glnu JNSA grey level non-uniformity of zones
glnu_norm Y1RO normalised grey level non-uniformity of zones
zsnu 4JP3 zone size non-uniformity
zsnu_norm VB3A normalised zone size non-uniformity
z_perc P30P zone percentage
gl_var BYLV grey level variance of zones
zs_var 3NSA zone size variance
zs_entr GU8N zone size entropy
""")

_DISTANCE_ZONES = _features("""
sde 0GBI small distance emphasis
lde MB4I large distance emphasis
lgze S1RA low grey level zone emphasis, by distance
hgze K26C high grey level zone emphasis, by distance
sdlge RUVG small distance low grey level emphasis
sdhge DKNJ small distance high grey level emphasis
ldlge A7WM large distance low grey level emphasis
ldhge KLTH large distance high grey level emphasis
glnu VFT7 grey level non-uniformity of zones, by distance
glnu_norm 7HP3 normalised grey level non-uniformity of zones, by distance
zdnu V294 zone distance non-uniformity
zdnu_norm IATH normalised zone distance non-uniformity
z_perc VIWW zone percentage, by distance
gl_var QK93 grey level variance of zones, by distance
zd_var 7WT1 zone distance variance
zd_entr GBDU zone distance entropy
""")

_TONES = _features("""
coarseness QCDE coarseness
contrast 65HE contrast of the neighbourhood
busyness NQ30 busyness
complexity HDEZ complexity
strength 1X9X strength
""")

_DEPENDENCES = _features("""
lde SODN low dependence emphasis
hde IMOQ high dependence emphasis
lgce TL9H low grey level count emphasis
hgce OAE7 high grey level count emphasis
ldlge EQ3F low dependence low grey level emphasis
ldhge JA6D low dependence high grey level emphasis
hdlge NBZI high dependence low grey level emphasis
hdhge 9QMG high dependence high grey level emphasis
glnu FP8K grey level non-uniformity of dependences
glnu_norm 5SPA normalised grey level non-uniformity of dependences
dcnu Z87G dependence count non-uniformity
dcnu_norm OKJI normalised dependence count non-uniformity
dc_perc 6XV8 dependence count percentage
gl_var 1PFV grey level variance of dependences
dc_var DNX2 dependence count variance
dc_entr FCBV dependence count entropy
dc_energy CAS9 dependence count energy
""")

FAMILIES: tuple[Family, ...] = (
    Family("morph", "Morphology", _MORPHOLOGY),
    Family("loc", "Local intensity", _LOCAL),
    Family("stat", "Intensity statistics", _STATISTICS),
    Family("ih", "Intensity histogram", _HISTOGRAM),
    Family("ivh", "Intensity-volume histogram", _VOLUME_HISTOGRAM),
    Family("cm", "Grey level co-occurrence", _COOCCURRENCE, DIRECTIONAL),
    Family("rlm", "Grey level run length", _RUN_LENGTHS, DIRECTIONAL),
    Family("szm", "Grey level size zone", _SIZE_ZONES, UNDIRECTED),
    Family("dzm", "Grey level distance zone", _DISTANCE_ZONES, UNDIRECTED),
    Family("ngt", "Neighbourhood grey tone difference", _TONES, UNDIRECTED),
    Family("ngl", "Neighbouring grey level dependence", _DEPENDENCES, UNDIRECTED),
)


def tags(planes: str) -> tuple[str, ...]:
    """Return every tag of a choice of planes: `2d` (by slice, and slices merged) or `3d`."""
    return tuple(tag for family in FAMILIES for tag in family.tags(planes))


def _every_feature() -> dict[str, tuple[Family, Feature]]:
    return {
        tag: (family, feature)
        for planes in ("2d", "3d")
        for family in FAMILIES
        for tag, feature in family.tagged(planes)
    }


FEATURES: Mapping[str, tuple[Family, Feature]] = MappingProxyType(_every_feature())


def split_tag(biomarker: str) -> tuple[str, str]:
    """Return filter and tag of a biomarker; two empty texts if it is no feature.

    Examples
    --------
    >>> from biomarkers.ibsi import split_tag
    >>> split_tag("stat_mean"), split_tag("ADC_mean")
    (('original', 'stat_mean'), ('', ''))

    """
    if biomarker in FEATURES:
        return ORIGINAL, biomarker
    words = biomarker.split("_")
    for start in range(1, len(words)):
        tag = "_".join(words[start:])
        if tag in FEATURES:
            return "_".join(words[:start]), tag
    return "", ""
