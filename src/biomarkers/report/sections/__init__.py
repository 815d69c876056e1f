"""The parts of the report, in the order a reader meets them."""
