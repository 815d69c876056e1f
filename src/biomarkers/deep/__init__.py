"""Networks that look at arrays of cases, judged by `predict` like any other model.

With the extra `deep`: torch, safetensors, captum.
"""

from biomarkers.deep.by_fold import fold_stability as fold_stability
from biomarkers.deep.explaining import explain as explain
from biomarkers.deep.explanation import Explanation as Explanation
from biomarkers.deep.fitted import with_encoder as with_encoder
from biomarkers.deep.randomised import Sanity as Sanity
from biomarkers.deep.randomised import sanity as sanity
from biomarkers.deep.sequence import SliceSequence as SliceSequence
from biomarkers.deep.spectrum import SpectrumCNN as SpectrumCNN
from biomarkers.deep.training import Training as Training
