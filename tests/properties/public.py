"""Every public function, class and method of the rooms that calculate, and why some are not called.

A name is that under which users find it; a method stands below the class that defines it.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

ROOMS = ("kinetics", "relaxometry", "dce", "cbv", "pet", "mrs", "dwi", "radiomics", "images",
         "estimates", "stats", "timing", "ranges")  # fmt: skip

# Why callables are not called with spoiled arrays. `*` stands for any name, or a part of one.
NOT_CALLED = {
    "says, draws or counts what its record holds": (
        "*.*.draw", "*.*.plot", "*.*.picture", "*.*.summary", "*.*.to_dict", "*.*.described",
        "*.*.counts", "*.*.in_words", "*.*.report", "*.*.worst", "*.*.volumes", "*.*.turn",
        "*.*.compiled", "*.*.predicted", "*.*.residuals", "*.*.flat", "estimates.Reasons.*",
        "estimates.EstimatedValues.*", "mrs.methods_*", "mrs.processing_figure",
        "images.describe_grid", "images.checkerboard",
    ),
    "reads or writes files: tests/corpus, benchmarks/fuzz.py": (
        "*.*.save", "*.*.files", "*.load", "*.load_*", "*.read_*", "images.probe",
        "images.ScaledArray", "images.ScaledArray.*", "images.write_image", "radiomics.measure",
        "radiomics.perturb",
    ),
    "a record that the calls return; its arrays were made here": (
        "stats.[A-Z]*", "kinetics.Artery", "kinetics.Bootstrap", "kinetics.Fit",
        "kinetics.Response", "kinetics.Selection", "relaxometry.RateMap", "relaxometry.T1Map",
        "dce.DCEMaps", "dce.Misfit", "dce.RegionFit", "cbv.DSCMaps", "cbv.SteadyState",
        "pet.MetabolicVolume", "pet.Peak", "pet.Release", "pet.ScaledInput", "pet.TACs",
        "pet.TimeCourse", "pet.TissueFit", "mrs.FirstPoint", "mrs.Fit", "mrs.FrequencyOffset",
        "mrs.GridFit", "mrs.Orientation", "mrs.ProcessingStep", "mrs.Spectra", "mrs.WaterAmplitude",
        "dwi.DiffusionMap", "images.Fractions", "images.MotionCorrected", "images.Plane",
        "images.ResponseMap", "estimates.Chosen", "estimates.Estimates", "estimates.Reasons",
        "estimates.SharedError",
    ),
    "describes a model, a substance or a sequence: names and single numbers": (
        "kinetics.Decay", "kinetics.Direct", "kinetics.FunctionModel", "kinetics.Integral",
        "kinetics.Inverse", "kinetics.Model", "kinetics.Parameter", "kinetics.Relative",
        "kinetics.StraightLine", "kinetics.TwoPass", "relaxometry.InversionTrain",
        "dce.GradientEcho", "dce.PopulationInput", "dce.Relaxivity", "dce.SharedDelay",
        "dce.TurboFlash", "cbv.Agent", "cbv.Scaling", "cbv.Species", "pet.Blood", "pet.Body",
        "pet.Caution", "pet.DicomTimes", "pet.Metadata", "pet.Nuclide", "pet.Tracer", "mrs.Priors",
        "mrs.Quality", "mrs.Relaxation", "images.ImageHeader",
    ),
    "takes single numbers or names": (
        "radiomics.Settings",
        "kinetics.Bootstrap.interval", "kinetics.Input.shifted", "kinetics.Input.dispersed",
        "kinetics.TwoPass.given", "relaxometry.b1_smoothing_fwhm", "relaxometry.T1Map.interval",
        "dce.relaxivity", "cbv.Agent.magnetisation", "cbv.blood_susceptibility", "cbv.find_*",
        "pet.bids_timing", "pet.find_tracer", "pet.nuclide", "pet.correction_factors",
        "pet.frames_within", "pet.static_window", "mrs.Quality.of_ratio", "mrs.Relaxation.*",
        "mrs.Scan.voxel", "mrs.Basis.resampled", "mrs.Basis.without", "mrs.canonical_name",
        "mrs.relaxation_times", "mrs.simulate_basis", "images.repeatability_threshold",
        "images.*.doubt", "images.*.mask", "images.*.only", "images.*.weights",
        "estimates.in_chunks", "estimates.noted", "stats.at_*", "stats.least_cost",
        "stats.detectable_auc", "stats.roc_*", "stats.Roc.*_at",
        "stats.KaplanMeier.restricted_mean", "stats.TimeRoc.curve",
        "stats.CrossValidation.repeats_for", "ranges.known_species", "ranges.usual_range",
    ),
    "takes records alone, whose arrays were checked where they were made": (
        "kinetics.Model.for_input", "kinetics.compare", "cbv.BolusScan.artery",
        "cbv.DSCMaps.relative_to", "cbv.dsc_rows", "cbv.with_vessels", "pet.Scan",
        "pet.Scan.decay_corrected", "pet.Scan.finite_series", "pet.TACs.check_frames",
        "pet.TACs.reference", "pet.arterial_input", "pet.denoise_*", "pet.doubts",
        "pet.image_input", "pet.muller_gartner", "pet.peak", "pet.recovery_coefficient",
        "pet.scan_weights", "pet.suv", "pet.undispersed", "pet.with_plasma",
        "mrs.Fit.concentrations", "mrs.Fit.ratios", "mrs.contralateral_ratios", "mrs.fit",
        "mrs.frequency_offset", "mrs.integrate_peaks", "mrs.labelled_fractions",
        "mrs.orientation", "mrs.over_contralateral", "mrs.preprocess", "mrs.tissue_fractions",
        "mrs.voxel_mask", "mrs.water_amplitude", "dwi.denoise", "images.LabelMap",
        "images.Transform.apply", "images.Transform.inverse", "images.Transform.onto",
        "images.brain_mask", "images.correct_motion", "images.label_fractions",
        "images.midsagittal_plane", "images.mirror_labels", "images.place_labels",
        "images.register", "images.require_*", "images.resample_labels", "images.response_map",
        "images.same_grid", "images.slices", "relaxometry.T1Map.with_pooled_noise",
        "stats.second_gate", "stats.CoxModel.profile_intervals",
        "stats.CoxModel.proportional_hazards", "stats.LinearResult.*",
        "stats.RandomSlopes.slope*", "stats.MeasuredIntervals.cox", "mrs.spectra",
    ),
    "goes the way of a call that is listed, with other words or another model": (
        "kinetics.FunctionModel.*", "kinetics.StraightLine.*", "kinetics.to_lmfit",
        "cbv.BolusScan.maps", "cbv.dsc", "cbv.dsc_artery", "cbv.dsc_input", "dce.misfit",
        "pet.maps", "pet.release", "mrs.fit_grid", "mrs.Basis.with_fid",
        "stats.Combination.predict", "stats.combine_markers", "ranges.unusual",
        "ranges.warn_of_unusual", "ranges.beyond_usual", "images.noise_of_median",
    ),
    "works within one: arrays that it made itself": (
        "kinetics.Noise.of", "kinetics.mean_input", "kinetics.read", "kinetics.respond",
        "kinetics.with_zero", "relaxometry.smoothed_noise", "dce.PulseSequence.*",
        "dce.GradientEcho.*", "dce.TurboFlash.*", "dce.signal_flags", "dce.two_pool_signal",
        "pet.TimeCourse.at", "estimates.Chosen.*", "estimates.SharedError.kept",
        "estimates.pooled_sd", "estimates.reasons_of",
    ),
    "takes the tables of a study, which tests/table and their own tests spoil": (
        "stats.analyse", "stats.change", "stats.combine", "stats.drop_out_tests",
        "stats.earliest", "stats.early_response", "stats.landmark", "stats.landmark_analysis",
        "stats.measured_intervals", "stats.missing_pattern", "stats.response_by_time",
        "stats.time_to_growth", "stats.volume_response",
    ),
}  # fmt: skip


def not_called(names: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return which of some names are passed over, and what `NOT_CALLED` names in vain."""
    names, patterns = set(names), [each for group in NOT_CALLED.values() for each in group]
    matched = {each: {name for name in names if _matches(name, each)} for each in patterns}
    return set().union(*matched.values()), {each for each in patterns if not matched[each]}


def _matches(name: str, pattern: str) -> bool:
    parts, wanted = name.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def public() -> dict[str, Any]:
    """Return functions, classes and methods by room and name."""
    return {name: each for room in ROOMS for name, each in _of_room(room)}


def _of_room(room: str) -> Iterator[tuple[str, Any]]:
    module = import_module(f"biomarkers.{room}")
    for name in getattr(module, "__all__", dir(module)):
        each = getattr(module, name)
        if name[0] == "_" or _room(each) != room:
            continue
        if inspect.isfunction(each):
            yield f"{room}.{name}", each
        elif inspect.isclass(each) and not issubclass(each, Enum):
            yield f"{room}.{name}", each
            for kind in each.__mro__:
                yield from _methods(kind)


def _methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, each in vars(kind).items():
        call = getattr(each, "__func__", each)
        if name[0] != "_" and _room(kind) and inspect.isfunction(call):
            yield f"{_room(kind)}.{kind.__qualname__}.{name}", call


def _room(each: Any) -> str:
    package, _, rest = getattr(each, "__module__", "").partition(".")
    return rest.partition(".")[0] if package == "biomarkers" else ""
