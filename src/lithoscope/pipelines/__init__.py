"""The order of work: the only layer that joins sources and methods."""
