"""Make a study from what scanners leave: DICOM files, or folders of Bruker ParaVision."""

from biomarkers.study.convert.calls import import_bruker, import_dicom
from biomarkers.study.convert.importing import Imported

__all__ = ["Imported", "import_bruker", "import_dicom"]
