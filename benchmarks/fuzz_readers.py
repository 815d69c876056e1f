"""What `benchmarks.fuzz` feeds with damaged files: every reader, and small sound files for each."""

import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import nibabel as nib
import numpy as np
import pandas as pd

from biomarkers import dwi, images, mrs, pet, plan, table
from biomarkers.bids import Sidecar, parse_name, read_sidecar
from biomarkers.files import read_json, read_toml

_WHAT = "what the benchmark wrote"


@dataclass(frozen=True)
class Reader:
    """A reader: the name its file has, sound contents, and the call; `beside` are other files."""

    file: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    beside: Mapping[str, bytes] = field(default_factory=dict)


def _texts(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


_LONG = "subject\tday\tregion\tbiomarker\tvalue\tunit\nr1\t0\ttumor\tADC\t1.2e-3\tmm^2/s\n"
_WIDE = 'Animal;Tag;"Tumorvolumen (mm3)";ADC\nr1;0;12,5;0,001\nr2;7;n/a;0,002\n'
_DAYS = "subject,day 0,day 7\nr1,1.5,2\nr2,2.5,-999\n"
_PARTICIPANTS = "participant_id\tresponder\tgroup\nsub-r1\t1\tdrug\nsub-r2\t0\tcontrol\n"
_EXCLUSIONS = "subject\tday\tbiomarker\treason\tby\nr1\t0\tADC\tmoved\tAB\n"
_BLOOD = (
    "time\twhole_blood_radioactivity\tplasma_radioactivity\tmetabolite_parent_fraction\n"
    "0\t1.5\t2\t1\n10\t30\tn/a\t0.9\n60\t12\t14.5\t0.5\n"
)
_UNITS = Sidecar(
    {"time": {"Units": "s"}, "whole_blood_radioactivity": {"Units": "kBq/mL"},
     "plasma_radioactivity": {"Units": "kBq/mL"},
     "metabolite_parent_fraction": {"Units": "unitless"}},
    Path("units.json"),
)  # fmt: skip
_PLAN = """outcome = "responder"
positive = 1
baseline = 0
regions = ["tumor"]
[visits]
0 = [0]
7 = [6, 7, "8-9"]
[biomarkers.ADC]
change = "percent"
direction = "higher"
[separation]
alpha = 0.05
permutations = 199
"""
_SIDECAR = '{"FlipAngle": 15, "RepetitionTime": 0.01, "VolumeTiming": [0, 1.5], "Units": "Bq/mL"}'
_TRANSFORM = (
    "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
    "Parameters: 0.1 0 0 1 2 3\nFixedParameters: 0 0 0 0\n"
)


def _nifti(data: np.ndarray, kind: type = nib.Nifti1Image) -> bytes:
    return bytes(kind(data, np.diag([0.5, 0.5, 1.0, 1.0])).to_bytes())


def _niftis() -> list[bytes]:
    small = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    series = np.ones((2, 2, 1, 3), dtype=np.float32)
    return [_nifti(small), _nifti(series), _nifti(small.astype(np.int32), nib.Nifti2Image)]


def _spectra() -> list[bytes]:
    fid = np.exp(-np.arange(64) / 20.0).astype(np.complex64).reshape(1, 1, 1, 64)
    image = nib.Nifti2Image(fid, np.eye(4))
    image.header["pixdim"][4] = 2.5e-4
    image.header.set_xyzt_units("mm", "sec")
    header = {"SpectrometerFrequency": [123.2], "ResonantNucleus": ["1H"], "EchoTime": 0.03}
    image.header.extensions.append(nib.nifti1.Nifti1Extension(44, json.dumps(header).encode()))
    return [bytes(image.to_bytes())]


def _rda() -> list[bytes]:
    head = {"TR": 2000, "TE": 30, "DwellTime": 250, "MRFrequency": 123.2, "VectorSize": 32}
    lines = "".join(f"{key}: {value}\r\n" for key, value in head.items())
    begin, end = (f">>> {word} of header <<<\r\n" for word in ("Begin", "End"))
    return [f"{begin}{lines}{end}".encode() + np.ones(32, dtype="<c16").tobytes()]


_PAIRS = "".join(f"  {1.0 / (k + 1):.6E}  {0.1:.6E}\n" for k in range(32))
_RAW = f" $SEQPAR\n ECHOT=30 HZPPPM=123.2\n $END\n $NMID\n FMTDAT='(2E15.6)'\n $END\n{_PAIRS}"
_JMRUI = (
    "jMRUI Data Textfile\nPointsInDataset: 32\nDatasetsInFile: 1\nSamplingInterval: 0.25\n"
    f"TransmitterFrequency: 1.232E8\n\nSignal 1 out of 1 in file\n{_PAIRS}"
)
_SPAR = (
    "samples : 32\nrows : 1\nsynthesizer_frequency : 123200000\nsample_frequency : 4000\n"
    'echo_time : 30\nnucleus : 1H\nvolume_selection_enable : "yes"\nap_size : 30\nlr_size : 20\n'
    "cc_size : 10\nap_off_center : 5\nlr_off_center : -3\ncc_off_center : 7\nap_angulation : 0\n"
    "lr_angulation : 0\ncc_angulation : 90\n"
)
_BASIS = (
    " $SEQPAR\n FWHMBA=0.01 HZPPPM=123.2 ECHOT=30\n $END\n $BASIS1\n BADELT=0.00025 NDATAB=32\n"
    f" $END\n $BASIS\n ID='NAA' METABO='NAA' CONC=1 TRAMP=1 VOLUME=1 ISHIFT=0\n $END\n{_PAIRS}"
)


def _workbook(ending: str) -> Callable[[], list[bytes]]:
    def write() -> list[bytes]:
        stream = io.BytesIO()
        frame = pd.DataFrame({"subject": ["r1"], "day": [0], "ADC": [0.5]})
        frame.to_excel(stream, index=False, engine="openpyxl")
        return [stream.getvalue()]

    return write


def _matlab() -> list[bytes]:
    from scipy.io import savemat  # noqa: PLC0415

    stream = io.BytesIO()
    values = {"AffineTransform_double_3_3": np.r_[np.eye(3).ravel(), 1, 2, 3], "fixed": np.zeros(3)}
    savemat(stream, values, format="4")
    return [stream.getvalue()]


def _sidecar(path: Path) -> object:
    image = parse_name(path.with_name(path.name.replace(".json", ".nii.gz")))
    if image is None:
        raise AssertionError(path)
    sidecar = read_sidecar(image, path.parent)
    return sidecar.number("FlipAngle", below=180.0), sidecar.numbers("VolumeTiming", of="", count=2)


def _blood(path: Path) -> object:
    return pet.blood.read_table(path, _UNITS), pet.read_blood(
        path, sidecar=path.with_name("u.json")
    )


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "json": Reader("a.json", _texts(_SIDECAR), lambda path: read_json(path, _WHAT)),
        "toml": Reader("a.toml", _texts(_PLAN), lambda path: read_toml(path, _WHAT)),
        "sidecar": Reader("sub-1_VFA.json", _texts(_SIDECAR), _sidecar),
        "plan": Reader("plan.toml", _texts(_PLAN), plan.read_plan),
        "measurements": Reader("m.tsv", _texts(_LONG), table.read_measurements),
        "spreadsheet": Reader("m.csv", _texts(_LONG, _WIDE, _DAYS), table.read_measurements),
        "participants": Reader("p.tsv", _texts(_PARTICIPANTS), table.read_participants),
        "exclusions": Reader("e.tsv", _texts(_EXCLUSIONS), table.read_exclusions),
        "labels": Reader("dseg.tsv", _texts("index\tname\n1\ttumor\n2\tnormal\n"),
                         images.read_label_names),
        "blood": Reader("sub-1_recording-manual_blood.tsv", _texts(_BLOOD), _blood,
                        {"u.json": json.dumps(dict(_UNITS.values)).encode()}),
        "nifti": Reader("a.nii", _niftis, images.read_image),
        "nifti-series": Reader("a.nii", _niftis, images.read_series),
        "nifti-gz": Reader("a.nii.gz", lambda: [gzip.compress(each) for each in _niftis()],
                           images.read_image),
        "label-map": Reader("dseg.nii", _niftis, images.read_labels),
        "transform": Reader("t.txt", _texts(_TRANSFORM), images.load_transform),
        "matlab": Reader("t.mat", _matlab, images.load_transform),
        "bval": Reader("a.bval", _texts("0 1000 1000\n"), dwi.read_bvalues),
        "bvec": Reader("a.bvec", _texts("0 1 0\n0 0 1\n0 0 0\n"), dwi.read_gradients),
        "nifti-mrs": Reader("s.nii", _spectra, mrs.load),
        "rda": Reader("s.rda", _rda, mrs.load),
        "spar": Reader("s.spar", _texts(_SPAR), mrs.load,
                       {"s.sdat": np.full(64, 0x4080, dtype="<u4").tobytes()}),
        "raw": Reader("s.raw", _texts(_RAW), lambda path: mrs.load(path, dwell=2.5e-4)),
        "jmrui": Reader("s.txt", _texts(_JMRUI), mrs.load),
        "basis": Reader("b.basis", _texts(_BASIS), mrs.load_basis),
        "xlsx": Reader("m.xlsx", _workbook("xlsx"), table.read_measurements),
    }
)  # fmt: skip


# Of several sound contents, the one that the reader itself takes.
_TAKEN = {"nifti-series": 1}


def sound_file(name: str) -> bytes:
    """Return a content that a reader takes."""
    return READERS[name].seeds()[_TAKEN.get(name, 0)]
