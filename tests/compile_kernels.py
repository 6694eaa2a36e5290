"""Compile the loops over terrain once, before several test processes would each do so."""

import tempfile
from pathlib import Path

from lithoscope.pipelines import downstream, downstream_demo


def main() -> None:
    """Ask for the synthetic dam, which needs all of them."""
    with tempfile.TemporaryDirectory() as folder:
        terrain, people = downstream_demo.opened(Path(folder))
        downstream.assess(downstream_demo.DAM, terrain, people)


if __name__ == "__main__":
    main()
