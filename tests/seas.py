"""Small simulated seas for tests that draw dredging: hoppers over four days of two months."""

import pandas as pd

from lithoscope.pipelines import dredging, dredging_release, fleet, store


def of_hoppers(count, folder):
    """Write a release of simulated hoppers, from 30 October to 2 November 2021, into a folder."""
    work = folder / "work"
    work.mkdir()
    start = pd.Timestamp("2021-10-30", tz="UTC")
    made = fleet.simulate({"hopper": count}, start=start, days=4, spacing_s=600, seed=11)
    made.reports.write_parquet(work / "ais.parquet")
    dredging.run([str(work / "ais.parquet")], work / "out", dredging.Options(is_simulated=True, seed=1))
    results = dredging_release.read(work / "out")
    store.write_release(dredging_release.products([results]), [results.source], {}, folder)
    return folder
