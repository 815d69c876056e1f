"""Networks that look at arrays of cases, judged by `predict` like any other model.

With the extra `deep`: torch, safetensors, captum.
"""

from biomarkers.deep.fitted import FittedNetworks as FittedNetworks
from biomarkers.deep.fitted import with_encoder as with_encoder
from biomarkers.deep.sequence import SliceSequence as SliceSequence
from biomarkers.deep.spectrum import SpectrumCNN as SpectrumCNN
from biomarkers.deep.training import Training as Training
