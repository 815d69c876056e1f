"""The studies that come with the package, one declaration each."""
