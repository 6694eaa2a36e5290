"""Writes the products of `lithoscope dredging` as Parquet with their provenance inside, and the record of the
run.
"""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lithoscope import __version__
from lithoscope.pipelines.dredging_products import RECORD, Products

SIMULATED = "simulated, not observations"
NOTE = "AIS sees only vessels that send it; absence is unknown, never zero"


def write(result: Products, document: dict[str, Any], folder: Path, *, is_simulated: bool) -> dict[str, str]:
    """Write every table into an existing folder; returns name -> file name."""
    outputs = {}
    for name in ("episodes", "tracks", "vessels", "loads", "zone_months", "effort", "dark_gaps", "reception"):
        table = getattr(result, name)
        table = table.assign(is_simulated=is_simulated)
        outputs[name] = f"{name}.parquet"
        write_table(table, folder / outputs[name], is_simulated=is_simulated)
    record = {
        **document,
        "outputs": outputs,
        "version": __version__,
        "is_simulated": is_simulated,
        "note": NOTE,
    }
    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    return outputs


def former(folder: Path) -> dict[str, Any]:
    """The document of a finished result folder, with the outputs' full paths."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return {**record, "outputs": {name: str(folder / file) for name, file in record["outputs"].items()}}


def plain_text(document: dict[str, Any], out: Path) -> str:
    """The document for people. Where no dredging was seen there is no amount: that is unknown, not zero."""
    dropped = ", ".join(f"{number:,} {reason}" for reason, number in document["dropped"].items() if number)
    heard = f"{_counted(document['positions'], 'position')} of {_counted(document['vessels'], 'vessel')}"
    found = [
        _counted(document[name], word) for name, word in (("dredgers", "dredger"), ("episodes", "episode"))
    ]
    found += [f"{document['dredging_hours']:,.1f} hours", _counted(document["cycles"], "load cycle")]
    return "\n".join(
        [
            f"{heard}; dropped: {dropped or 'none'}",
            ", ".join(found),
            f"volume in situ: {_amount(document)}",
            f"written to {out}",
        ]
    )


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _amount(document: dict[str, Any]) -> str:
    volume = document["volume_m3"]
    if not document["episodes"]:
        return "no dredging was seen; that is unknown, not zero"
    if volume["best"] is None:
        return "unknown"
    return "{low:,.0f} to {high:,.0f} m3, best {best:,.0f}".format(**volume)


def write_table(table: pd.DataFrame, path: Path, *, is_simulated: bool) -> None:
    """One table as (Geo)Parquet; objects are text, times UTC. Its metadata say what it is."""
    plain = table.copy()
    for name in plain.columns:
        if name != "geometry" and plain[name].dtype == "object":
            plain[name] = plain[name].astype("str").where(plain[name].notna(), None)
    about = {
        b"lithoscope": json.dumps(
            {
                "version": __version__,
                "evidence": SIMULATED if is_simulated else "observed vessel tracks",
                "note": NOTE,
            }
        ).encode()
    }
    if isinstance(plain, gpd.GeoDataFrame):
        plain.to_parquet(path, index=False, compression="zstd", write_covering_bbox=True)
        arrow = pq.ParquetFile(path).read()
    else:
        arrow = pa.Table.from_pandas(plain, preserve_index=False)
    pq.write_table(
        arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **about}), path, compression="zstd"
    )
