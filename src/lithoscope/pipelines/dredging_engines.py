"""The three engines that run the one definition of dredging episodes: polars, DuckDB, Spark.

An engine reads staged Parquet, keeps an intermediate table, joins a small table and hands over results as
polars frames. Each is imported when it is asked for.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import polars as pl

from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.methods.dredging_states import ORDER, Neighbours

ENGINES = ("polars", "duckdb", "spark")
Table = Any
"""A narwhals frame of the engine: eager for polars, lazy for the others."""


class Engine(Protocol):
    """What the pipeline needs of an engine. near: how its tables show the report before another."""

    name: str
    near: Neighbours

    def scan(self, files: Sequence[Path]) -> Table:
        """Parquet files of one schema as one table."""
        ...

    def keep(self, table: Table, name: str) -> Table:
        """The table computed once, for several uses."""
        ...

    def along(self, table: Table, key: str) -> Table:
        """The table with the rows of each key as `near` needs them."""
        ...

    def small(self, table: pl.DataFrame, name: str) -> Table:
        """A small table of ours inside the engine."""
        ...

    def collect(self, table: Table) -> pl.DataFrame:
        """The result here."""
        ...

    def close(self) -> None:
        """Give back files and memory."""
        ...


class Polars:
    """In memory; the default. Reports lie in order of ship and time, so that no window is needed."""

    name = "polars"
    near = Neighbours(in_order=True)

    def scan(self, files: Sequence[Path]) -> Table:
        """Parquet files as one table in order."""
        return nw.from_native(in_order(pl.scan_parquet([str(file) for file in files]).collect()))

    def keep(self, table: Table, name: str) -> Table:
        """The table itself."""
        return table

    def along(self, table: Table, key: str) -> Table:
        """The table itself if it lies in order of key and time, else sorted so."""
        native: pl.DataFrame = table.to_native()
        one, t = pl.col(key), pl.col("t_ms")
        rises = (one > one.shift(1)) | ((one == one.shift(1)) & (t >= t.shift(1)))
        is_sorted = native.select(rises.fill_null(True).all()).item()
        return table if is_sorted else nw.from_native(native.sort(key, "t_ms", maintain_order=True))

    def small(self, table: pl.DataFrame, name: str) -> Table:
        """The table itself."""
        return nw.from_native(table)

    def collect(self, table: Table) -> pl.DataFrame:
        """The table itself."""
        native: pl.DataFrame = table.to_native()
        return native

    def close(self) -> None:
        """Nothing to give back."""


def in_order(reports: pl.DataFrame) -> pl.DataFrame:
    """Reports by mmsi and ORDER.

    Sorted by one whole number made of MMSI and time, at a third of the cost of a sort by columns; only the
    few reports that share it, of one ship within half a second, are then sorted by all. What is no ship's
    number or lies outside of the years 1970 to 2109 counts as the nearest that is.
    """
    half_second = pl.col("t_ms").clip(0, 2**42 - 1) // 512
    key = pl.col("mmsi").clip(0, 2**30 - 1) * 2**33 + half_second
    rough = reports.with_columns(key.alias("_key")).sort("_key")
    same = pl.col("_key") == pl.col("_key").shift(1)
    ties = rough.select((same | same.shift(-1)).fill_null(False).arg_true()).to_series()
    rough = rough.drop("_key")
    if ties.is_empty():
        return rough
    sorted_ties = rough[ties].sort("mmsi", *ORDER)
    return rough.with_columns(
        [rough[name].clone().scatter(ties, sorted_ties[name]) for name in ("mmsi", *ORDER)]
    )


_OURS_MB = 800
_UNITS_MB = {
    "kb": 1e-3,
    "mb": 1.0,
    "gb": 1e3,
    "tb": 1e6,
    "kib": 1.024e-3,
    "mib": 1.048576,
    "gib": 1073.741824,
}


def _engines_part(limit: str) -> str:
    """What of a limit for the whole process is left to the engine: not what Python and small tables take."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-zA-Z]+)\s*", limit)
    size = _UNITS_MB.get(found[2].lower()) if found else None
    if found is None or size is None:
        return limit
    whole = float(found[1]) * size
    return f"{max(whole - _OURS_MB, whole / 3):.0f}MB"


class DuckDB:
    """Bounded memory: what does not fit goes to files in `work`."""

    name = "duckdb"
    near = Neighbours()

    def __init__(self, work: Path, memory_limit: str | None) -> None:
        import duckdb

        self._file = work / "engine.duckdb"
        self._connection = duckdb.connect(str(self._file))
        self._connection.execute(f"SET temp_directory = '{_quoted(work / 'spill')}'")
        self._connection.execute("SET preserve_insertion_order = false")
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        if memory_limit:
            try:
                self._connection.execute(f"SET memory_limit = '{_quoted(memory_limit)}'")
                self._connection.execute(f"SET memory_limit = '{_engines_part(memory_limit)}'")
            except duckdb.Error as error:
                raise BadInput(
                    "is not an amount of memory",
                    "write it like 2GB",
                    column="--memory-limit",
                    value=memory_limit,
                ) from error

    def scan(self, files: Sequence[Path]) -> Table:
        """Parquet files as one relation."""
        return nw.from_native(self._connection.read_parquet([str(file) for file in files]))

    def keep(self, table: Table, name: str) -> Table:
        """A table in the work file, which spills."""
        table.to_native().create(name)
        return nw.from_native(self._connection.table(name))

    def along(self, table: Table, key: str) -> Table:
        """The table itself: windows sort for themselves."""
        return table

    def small(self, table: pl.DataFrame, name: str) -> Table:
        """The table copied into the work file."""
        arrow = table.to_arrow()
        self._connection.register(f"view_{name}", arrow)
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM view_{name}")
        self._connection.unregister(f"view_{name}")
        return nw.from_native(self._connection.table(name))

    def collect(self, table: Table) -> pl.DataFrame:
        """Fetched as Arrow."""
        collected: pl.DataFrame = table.collect("polars").to_native()
        return collected

    def close(self) -> None:
        """Close the work file."""
        self._connection.close()


class Spark:
    """On the running session, or on SPARK_REMOTE or SPARK_MASTER, or locally on all cores."""

    name = "spark"
    near = Neighbours()

    def __init__(self, work: Path) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise BadInput(
                "pyspark is not installed",
                "pip install lithoscope[spark], or use --engine polars",
                column="--engine",
            ) from error
        self._work = work
        self._ours = SparkSession.getActiveSession() is None
        self._session = SparkSession.getActiveSession() or self._start(SparkSession.builder)
        self._former_zone = self._session.conf.get("spark.sql.session.timeZone")
        self._session.conf.set("spark.sql.session.timeZone", "UTC")

    def _start(self, builder: Any) -> Any:
        builder = builder.appName("lithoscope")
        if "SPARK_REMOTE" not in os.environ:
            builder = builder.master(os.environ.get("SPARK_MASTER", "local[*]"))
            if "SPARK_MASTER" not in os.environ:
                builder = (
                    builder.config("spark.driver.bindAddress", "127.0.0.1")
                    .config("spark.driver.host", "127.0.0.1")
                    .config("spark.ui.enabled", "false")
                    .config("spark.driver.memory", os.environ.get("LITHOSCOPE_SPARK_MEMORY", "4g"))
                    .config("spark.sql.shuffle.partitions", "8")
                    .config("spark.local.dir", str(self._work))
                )
        try:
            session = builder.getOrCreate()
        except Exception as error:
            raise BadInput(
                "Spark does not start",
                "install Java 17 and set JAVA_HOME, or use --engine polars",
                column="--engine",
            ) from error
        session.sparkContext.setLogLevel("ERROR")
        return session

    def scan(self, files: Sequence[Path]) -> Table:
        """Parquet files as one data frame."""
        return nw.from_native(self._session.read.parquet(*[str(file) for file in files]))

    def keep(self, table: Table, name: str) -> Table:
        """Written to the work folder and read again."""
        folder = str(self._work / f"{name}.spark")
        table.to_native().write.mode("overwrite").parquet(folder)
        return nw.from_native(self._session.read.parquet(folder))

    def along(self, table: Table, key: str) -> Table:
        """The table itself: windows sort for themselves."""
        return table

    def small(self, table: pl.DataFrame, name: str) -> Table:
        """The table as a data frame."""
        file = self._work / f"{name}.small.parquet"
        table.write_parquet(file)
        return nw.from_native(self._session.read.parquet(str(file)))

    def collect(self, table: Table) -> pl.DataFrame:
        """Fetched as Arrow."""
        collected: pl.DataFrame = table.collect("polars").to_native()
        return collected

    def close(self) -> None:
        """Stop the session if it is ours."""
        if self._ours:
            self._session.stop()
        else:
            self._session.conf.set("spark.sql.session.timeZone", self._former_zone)


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def open_engine(name: str, *, work: Path, memory_limit: str | None) -> Engine:
    """The engine of that name; UnknownName if there is none. work: an existing folder for its files."""
    if name == "polars":
        return Polars()
    if name == "duckdb":
        return DuckDB(work, memory_limit)
    if name == "spark":
        return Spark(work)
    raise UnknownName("is not an engine", f"use one of {', '.join(ENGINES)}", column="--engine", value=name)
