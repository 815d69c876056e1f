"""Training at several sites without moving their data.

Sites tell sums, updates and figures, never rows; one loop in this process is the reference, and
engines carry the same messages between machines.
"""

from biomarkers.federated.privacy import epsilon as epsilon
from biomarkers.federated.rehearsal import dry_run as dry_run
from biomarkers.federated.result import Federated as Federated
from biomarkers.federated.settings import Rounds as Rounds
from biomarkers.federated.training import train as train
