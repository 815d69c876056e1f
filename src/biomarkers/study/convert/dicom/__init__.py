"""Series of DICOM files: pixels by dcm2niix, headers by pydicom."""
