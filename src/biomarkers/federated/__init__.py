"""Training at several sites without moving their data."""

from biomarkers.federated.settings import Rounds as Rounds
