"""From a dynamic susceptibility series to maps of blood flow, blood volume and transit."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.artery import artery_of
from biomarkers.cbv.bolus.leakage import Leakage, checked_leakage
from biomarkers.cbv.bolus.methods import DEFAULTS, Method, ladder_maker
from biomarkers.cbv.bolus.pipeline import Volume, bind, checked_input, checked_volume
from biomarkers.cbv.bolus.reference import corrector_of
from biomarkers.cbv.bolus.result import DSCMaps
from biomarkers.cbv.bolus.scaling import AS_MEASURED, Scaling
from biomarkers.cbv.bolus.scan import CHUNK, BaselineChoice, Scan
from biomarkers.cbv.bolus.signal import DSCFlag, FlagArray, checked_time
from biomarkers.cbv.bolus.voxels import TIMES, Maps, Pipeline
from biomarkers.cbv.signals import Signals
from biomarkers.checks import require_type
from biomarkers.estimates import Reasons
from biomarkers.images.voxels import in_chunks, in_place
from biomarkers.kinetics import Input
from biomarkers.quantities import QUANTITIES, Quantity


def dsc(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    input: Input | None = None,
    method: Method = "oSVD",
    leakage: Leakage | None = None,
    mask: npt.ArrayLike | None = None,
    reference: npt.ArrayLike | None = None,
    baseline: BaselineChoice = "auto",
    regularisation: float | str | None = None,
    volume: Volume = "area",
    scaling: Scaling = AS_MEASURED,
) -> DSCMaps:
    """Compute maps of blood flow, blood volume and transit from a bolus of contrast.

    Parameters
    ----------
    signal
        T2*-weighted series, (..., T), any unit, an array or an image. Of several echoes (..., E,
        T), (..., T, E) or a list of series: the change of R2* then is the slope over echoes, which
        T1 does not touch.
    time
        When each sample was taken, (T,), s, on the clock of `input`. Uneven steps are brought to
        the middle one by straight lines.
    te
        Echo time, or echo times, s.
    input
        Change of R2* in the artery, 1/s, as its `blood`; from `dsc_input` for a drawn one. None
        looks for it, see `dsc_artery`.
    method
        `sSVD`, truncated singular values of a residue that starts with the artery; `cSVD`, of a
        cyclic one, which may come late or early; `oSVD`, cyclic and truncated in each voxel as
        little as the oscillation of its residue allows; `tikhonov`, damped rather than truncated,
        starting with the artery.
    leakage
        `bsw` for contrast that leaks and stays, `bidirectional` for contrast that returns, None
        for none.
    mask
        Voxels to work on, (...); all that have signal if not given.
    reference
        Tissue that does not leak, (...), for `leakage`, in the mask or not; found in the mask by
        its tail if not given.
    baseline
        First sample before contrast and the one after the last; `auto` finds it, and leaves out
        bright volumes before the steady state.
    regularisation
        Share of the largest singular value (`sSVD` 0.2, `cSVD` 0.1), largest oscillation index
        (`oSVD` 0.035), or for `tikhonov` how the penalty is chosen, `l_curve` or `gcv`.
    volume
        Blood volume from the `area` under whole curves, or under the gamma variate fitted to
        their `first_pass`, which leaves out recirculation.
    scaling
        Haematocrit and density: `AS_MEASURED`, `HUMAN`, `RAT`, or your own. With a density, flow
        and volume are per mass of tissue.

    Returns
    -------
    DSCMaps
        `CBF` (mL/min/100mL), `CBV` (fraction), `MTT` (s), `Tmax` (of the residue, s), `TTP` (of
        the curve, s, on the clock of `time`), and with leakage `K1_leakage`, `K2` (1/s) and `kep`
        (1/min);
        `.se`, `.flags`, `.reasons`, `.save(folder, like=image)`.

    Raises
    ------
    ArteryError
        If no input is given and no voxel looks like an artery.
    InputError
        If shapes do not fit, a setting is unknown or not physical, the mask is empty, or no bolus
        is seen.

    """
    setting = DEFAULTS.get(method, "") if regularisation is None else regularisation
    ladder_of, model = ladder_maker(method, setting), checked_leakage(leakage)
    checked_volume(volume)
    require_type("scaling", scaling, Scaling, "cbv.HUMAN, cbv.RAT or cbv.Scaling(...)")
    if input is not None:
        checked_input(input, checked_time(time))
    scan = Scan.of(signal, time, te, mask=mask, baseline=baseline, source=input)
    source = artery_of(scan).input if input is None else input
    corrector = None if model is None else corrector_of(model, scan, source, reference)
    pipeline = bind(scan, source, ladder_of, corrector, volume=volume, factor=scaling.factor)
    values, errors, flags = _measured(pipeline, scan)
    place = partial(in_place, scan.chosen)
    reasons = in_place(scan.chosen, flags.astype(np.uint16), outside=0)
    return DSCMaps(
        f"DSC, {method}",
        tuple(_quantity(name, scaling) for name in values),
        {name: place(each) for name, each in values.items()},
        {name: place(each) for name, each in errors.items()},
        Reasons(reasons, DSCFlag),
        mask=scan.chosen,
        settings={
            "EchoTime": scan.echoes.times.tolist(),
            "BaselineSamples": [int(sample) for sample in scan.window],
            "Deconvolution": method,
            "Regularisation": setting,
            "Leakage": leakage,
            "Volume": volume,
            "HaematocritRatio": scaling.kappa,
            "TissueDensity": scaling.density,
            "Artery": "found" if input is None else "given",
        },
        input=source,
    )


def _measured(pipeline: Pipeline, scan: Scan) -> tuple[Maps, Maps, FlagArray]:
    """Work through all voxels, chunk by chunk over threads."""
    count = len(scan.voxels)
    values = {name: np.full(count, np.nan) for name in pipeline.names}
    errors = {name: np.full(count, np.nan) for name in pipeline.names if name not in TIMES}
    flags = np.zeros(count, dtype=np.uint8)

    def work(part: slice) -> None:
        change = scan.change(part)
        for table, of_part in zip((values, errors), pipeline.measure(change), strict=True):
            for name, each in of_part.items():
                table[name][part] = each
        flags[part] = change.flags

    in_chunks(work, count, size=CHUNK)
    return values, errors, flags


def _quantity(name: str, scaling: Scaling) -> Quantity:
    """Return what is estimated, with the unit that a density makes."""
    units = {} if scaling.density is None else {"CBF": "mL/min/100g", "CBV": "mL/g"}
    row = QUANTITIES[name]
    return replace(row, unit=units.get(name, row.unit))
