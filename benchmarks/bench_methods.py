"""Time and memory of all methods over generated sites, 10 thousand to 1 million, and of `explain`.

Run: python benchmarks/bench_methods.py [--sizes 10000 100000 1000000]. Aim: 1 million under 60 s and 4 GB
on two cores, growth close to linear; `explain` under 50 ms, what-if (all methods, one site) under 300 ms.
"""

import argparse
import resource
import statistics
import time

import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.inputs import Inputs
from lithoscope.methods import catalogue, priority
from lithoscope.pipelines import classes, explain, what_if

COMMODITIES = [
    "gold",
    "copper; molybdenum",
    "lead; zinc",
    "iron",
    "coal",
    "sand",
    "phosphate",
    "uranium",
    None,
]
PROCESSES = ["cyanide", "flotation", "gravity", None, None]
SEED = 20261121


def sites(count, layer):
    """Generated sites: about half of each column filled, as in real registers."""
    random = np.random.default_rng(SEED)
    columns = {"site_id": pd.Series([f"tsf:bench:{n}" for n in range(count)], dtype="str")}
    for name in sorted({name for method in catalogue.of_layer(layer) for name in method.reads}):
        each = fields.field(name)
        if layer not in each.layers:
            continue
        empty = random.random(count) < 0.5
        if name in ("commodities", "process"):
            pool = COMMODITIES if name == "commodities" else PROCESSES
            column = pd.Series(random.choice(np.array(pool, dtype=object), count), dtype="str")
        elif each.dtype in ("text", "list", "date"):
            pool = list(each.allowed) or ["1-100", "some label"]
            column = pd.Series(random.choice(np.array(pool, dtype=object), count), dtype="str").mask(empty)
        elif each.dtype == "class":
            column = pd.Series(
                pd.Categorical.from_codes(random.integers(-1, 5, count), dtype=fields.dtype_of(name))
            )
        elif each.dtype == "boolean":
            column = pd.Series(random.random(count) < 0.5, dtype="boolean").mask(empty)
        elif each.dtype == "integer":
            column = pd.Series(random.integers(0, 3, count), dtype="Int64").mask(empty)
        else:
            column = pd.Series(10 ** random.uniform(0, 2, count)).mask(empty)
        columns[name] = column
    if layer == "facilities":
        columns["consequence_class_high"] = columns["consequence_class"]
    return pd.DataFrame(columns)


def peak_gb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def growth(former, now):
    """How the time grew beside the sites: "x 10.0 sites, x 9.8 time"."""
    if former is None:
        return ""
    return f"x {now[0] / former[0]:.1f} sites, x {now[1] / former[1]:.1f} time"


def verdict(milliseconds, most):
    """Whether a time keeps its limit, in words."""
    return f"{milliseconds:.0f} ms ({'within' if milliseconds < most else 'ABOVE'} {most} ms)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--layer", default="facilities")
    options = parser.parse_args()
    print(f"{len(catalogue.of_layer(options.layer))} methods of {options.layer}")
    head = f"{'sites':>10} {'wall s':>8} {'CPU s':>8} {'us/site':>8} {'result MB':>10} {'peak GB':>8}"
    print(f"{head} {'growth':>24}")
    small, former = None, None
    for size in options.sizes:
        table = sites(size, options.layer)
        small = table.head(50) if small is None else small
        wall, cpu = time.perf_counter(), time.process_time()
        _, results = classes.assess_sites(table, options.layer)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        megabytes = results.drop(columns="site_id").memory_usage(deep=False).sum() / 1e6
        print(
            f"{size:>10} {wall:>8.2f} {cpu:>8.2f} {cpu / size * 1e6:>8.1f} "
            f"{megabytes:>10.0f} {peak_gb():>8.2f} {growth(former, (size, cpu)):>24}"
        )
        former = (size, cpu)
        del results
    times, answers = [], []
    for row in range(len(small)):
        site = small.iloc[[row]]
        start = time.process_time()
        explain.explain_site(site, options.layer)
        times.append((time.process_time() - start) * 1e3)
        start = time.process_time()
        what_if.document(site, options.layer, None, {"stored_volume_m3": 1e7, "par_persons": 500.0})
        answers.append((time.process_time() - start) * 1e3)
    for name, spent, most in (("explain", times[1:], 50), ("what-if", answers[1:], 300)):
        middle, worst = statistics.median(spent), max(spent)
        print(f"{name}, one site: median {verdict(middle, most)}, worst {verdict(worst, most)} of CPU")
    found = priority.site_parts(Inputs(sites(10_000, options.layer)), options.layer)
    start = time.perf_counter()
    weights = priority.default_weights(options.layer)
    priority.rank_stability(found, weights, first=20, draws=500, seed=SEED, spread=1.0)
    print(f"rank stability, 10000 sites, 500 draws: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
