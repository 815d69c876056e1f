"""What a spectrum says under other models: the part of an error that no noise explains.

Models of one kind (stiffness of the baseline, shape of lines, macromolecules and lipids) are
weighed by Akaike's criterion (Burnham & Anderson, Sociol Methods Res 2004;33:261), each dimension
at the same price as where the stiffness is chosen; a ratio's spread over them, about the model
that was chosen, is its error of that kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.mrs.fitting.bands import NAMES
from biomarkers.mrs.fitting.design import PER_GROUP
from biomarkers.mrs.fitting.inference import residual
from biomarkers.mrs.fitting.pipeline import Solution, refine
from biomarkers.mrs.fitting.setup import Setup
from biomarkers.mrs.fitting.stiffness import AIC_FACTOR, residuals

FloatArray = npt.NDArray[np.float64]

BASELINE, LINES, MACROMOLECULES = "baseline", "lines", "macromolecules"
KINDS = (BASELINE, LINES, MACROMOLECULES)
# Effective dimensions of a baseline per ppm that are tried beside the chosen one, from a straight
# line to the most flexible of ABfit.
PER_PPM = (0.6, 1.0, 1.5, 2.5, 4.0, 7.0)
# A model of less weight beside the chosen one is not fitted.
_LIGHTEST = 0.02
# By how much deviations are set freer.
_FREER = 3.0


class Alternative(NamedTuple):
    """One spectrum under another model."""

    kind: str
    label: str
    weight: float  # by Akaike's criterion, against the chosen model's 1
    amplitudes: FloatArray  # of the signals of the chosen model, (M,)


@dataclass(frozen=True, eq=False)
class Alternatives:
    """A spectrum under other models than the chosen one.

    Parameters
    ----------
    chosen
        Amplitudes of the chosen model, (M,).
    others
        The other models.

    """

    chosen: FloatArray
    others: tuple[Alternative, ...]

    def spread(self, above: FloatArray, below: FloatArray, kinds: tuple[str, ...] = KINDS) -> float:
        """Return the standard deviation of a ratio over models.

        Parameters
        ----------
        above, below
            Weights of the amplitudes, (M,).
        kinds
            Which models count; kinds add in quadrature.

        """
        here = _ratio(self.chosen, above, below)
        variance = 0.0
        for kind in kinds:
            total, squares = 1.0, 0.0
            for other in self.others:
                away = _ratio(other.amplitudes, above, below) - here
                if other.kind == kind and np.isfinite(away):
                    total += other.weight
                    squares += other.weight * away**2
            variance += squares / total
        return float(np.sqrt(variance))


def _ratio(amplitudes: FloatArray, above: FloatArray, below: FloatArray) -> float:
    bottom = float(below @ amplitudes)
    return float(above @ amplitudes) / bottom if bottom > 0.0 else float("nan")


def alternatives_of(setup: Setup, solution: Solution) -> Alternatives:
    """Fit a spectrum with other models, each from where the chosen one ended.

    Parameters
    ----------
    setup, solution
        The chosen model, and its fit.

    """
    names = solution.problem.design.names
    best = criterion(solution)
    count = solution.problem.data.size
    others = []
    for kind, label, other in _solutions(setup, solution):
        weight = float(np.exp(min(-0.5 * count / AIC_FACTOR * (criterion(other) - best), 0.0)))
        scaled = other.unit * other.state.amplitudes
        by_name = dict(zip(other.problem.design.names, scaled, strict=True))
        amplitudes = np.array([by_name.get(name, 0.0) for name in names])
        others.append(Alternative(kind, label, weight, amplitudes))
    return Alternatives(solution.unit * solution.state.amplitudes, tuple(others))


def criterion(solution: Solution) -> float:
    """Return Akaike's criterion of a fit, log(RSS) + 2 c k / n, all dimensions counted."""
    problem = solution.problem
    misfit = residual(problem, solution.state)
    price = 2.0 * AIC_FACTOR * solution.errors.dimensions / problem.data.size
    return float(np.log(np.sum(misfit**2)) + price)


def _solutions(setup: Setup, solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    yield from _other_baselines(solution)
    yield from _other_lines(setup, solution)
    yield from _other_macromolecules(setup, solution)


def _other_baselines(solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    problem = solution.problem
    baseline = problem.design.baseline
    if not baseline.roughness.any():
        return
    wanted = np.array([baseline.stiffness_for(each * baseline.width_ppm) for each in PER_PPM])
    stiffnesses = np.r_[problem.stiffness, wanted]
    sums = residuals(problem, solution.state, stiffnesses)
    dimensions = np.array([2.0 * baseline.shares(each).sum() for each in stiffnesses])
    price = 0.5 * problem.data.size / AIC_FACTOR * np.log(sums) + dimensions
    for each, excess in zip(wanted, (price - price[0])[1:], strict=True):
        # A new fit can only gain on what was reckoned with the old parameters.
        if excess < -2.0 * np.log(_LIGHTEST):
            other = replace(solution, problem=replace(problem, stiffness=float(each)))
            label = f"{baseline.per_ppm(float(each)):.1f} dimensions per ppm"
            yield BASELINE, label, refine(other, problem.design)


def _other_lines(setup: Setup, solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    design = solution.problem.design
    for label, parameter in (("Lorentzian lines", 2), ("Gaussian lines", 1)):
        high = design.high.copy()
        high[2 + parameter : design.own : PER_GROUP] = 0.0
        yield LINES, label, refine(solution, replace(design, high=high))
    if setup.choices.deviations:
        yield LINES, "no deviations", refine(solution, design.without_deviations())
        sd = design.sd.copy()
        sd[design.own :] *= _FREER
        yield (
            LINES,
            f"deviations {_FREER:g} times as free",
            refine(solution, replace(design, sd=sd)),
        )


def _other_macromolecules(setup: Setup, solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    design = solution.problem.design
    if design.couplings.size:
        free = replace(design, couplings=np.zeros((0, len(design.names))))
        yield MACROMOLECULES, "bands not coupled", refine(solution, free)
    measured = setup.basis.macromolecules
    if measured:
        basis = setup.basis.without(measured)
        choices = replace(setup.choices, bands=NAMES)
        other = Setup.of(setup.scan, basis, choices).design
        yield MACROMOLECULES, "bands for those measured", refine(solution, other)
    elif setup.choices.bands is None:
        other = Setup.of(setup.scan, setup.basis, replace(setup.choices, bands=())).design
        yield MACROMOLECULES, "no bands", refine(solution, other)
