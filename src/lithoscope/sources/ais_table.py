"""AIS in tables (CSV, Parquet) -> reports in our columns, as a polars query that streams.

Nothing is dropped here: what cannot be read becomes -1 (MMSI, time, speed) or 999 (position), and the
pipeline counts it under its reason.
"""

from dataclasses import dataclass

import polars as pl

from lithoscope.domain import reference
from lithoscope.sources.ais_columns import Plan, offset_minutes

REPORT_COLUMNS = ("mmsi", "t_ms", "lon", "lat", "sog", "cog")
STATIC_COLUMNS = (
    "name",
    "imo",
    "callsign",
    "ship_type",
    "length_m",
    "width_m",
    "draught_m",
    "status",
    "destination",
)
NOWHERE = 999.0
ISO = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
DAY_FIRST = ("%d/%m/%Y %H:%M:%S%.f", "%d/%m/%Y %H:%M")
MONTH_FIRST = ("%m/%d/%Y %H:%M:%S%.f", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p")
OTHERS = (
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%d-%m-%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y-%m-%d",
)
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$"


@dataclass(frozen=True)
class Times:
    """How the times of a column are written. formats: tried in turn. is_number: seconds or milliseconds.

    has_naive: some carry no zone. is_ambiguous: day and month could be exchanged.
    """

    formats: tuple[str, ...]
    is_number: bool
    has_naive: bool
    is_ambiguous: bool = False


def look_at_times(sample: pl.Series, plan: Plan) -> Times:
    """How times are written, from some of them."""
    if plan.time_format:
        return Times((plan.time_format,), False, "%z" not in plan.time_format)
    if sample.dtype.is_temporal():
        aware = isinstance(sample.dtype, pl.Datetime) and sample.dtype.time_zone is not None
        return Times((), False, not aware)
    if sample.dtype.is_numeric():
        return Times((), True, False)
    text = sample.cast(pl.String).str.strip_chars().drop_nulls()
    text = text.filter(text != "")
    if len(text) and text.str.contains(r"^\d{9,13}(\.\d+)?$").all():
        return Times((), True, False)
    naive = not len(text) or not text.str.contains("(?i)" + _ZONE[:-1] + "$").all()
    slashed = text.filter(text.str.contains(r"^\d{1,2}/\d{1,2}/\d{4}"))
    if not len(slashed):
        return Times(_that_fit(text, ISO + OTHERS), False, naive)
    first = slashed.str.extract(r"^(\d+)/").cast(pl.Int64)
    second = slashed.str.extract(r"^\d+/(\d+)/").cast(pl.Int64)
    if (second > 12).any() and not (first > 12).any():
        return Times(_that_fit(text, MONTH_FIRST), False, naive)
    return Times(_that_fit(text, DAY_FIRST), False, naive, is_ambiguous=not (first > 12).any())


def _that_fit(text: pl.Series, formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats that read at least one of the times; all of them if none does."""
    bare = text.str.replace(r"(\d)T(\d)", "${1} ${2}")
    bare = pl.select(
        pl.when(bare.str.contains(":")).then(bare.str.replace("(?i)" + _ZONE, "")).otherwise(bare)
    ).to_series()
    fit = [
        each
        for each in formats
        if bare.str.to_datetime(each, strict=False, time_unit="ms").is_not_null().any()
    ]
    return tuple(fit) or formats


def every_format(times: Times) -> tuple[str, ...]:
    """The formats that fitted, then all others; the order of day and month stays as it was found."""
    slashes = MONTH_FIRST if set(times.formats) & set(MONTH_FIRST) else DAY_FIRST
    return tuple(dict.fromkeys(times.formats + ISO + slashes + OTHERS))


def time_ms(column: str, times: Times, plan: Plan, dtype: pl.DataType) -> pl.Expr:
    """Milliseconds since 1970 UTC; -1 where the time cannot be read."""
    value = pl.col(column)
    if dtype == pl.Date:
        return value.cast(pl.Datetime("ms")).dt.timestamp("ms").fill_null(-1)
    if dtype.is_temporal():
        if times.has_naive and plan.timezone:
            return _to_utc(value, plan.timezone)
        return value.dt.timestamp("ms").fill_null(-1)
    if times.is_number:
        number = value.cast(pl.Float64, strict=False)
        unit = (
            pl.when(number > 1e17)
            .then(1e-6)
            .when(number > 1e14)
            .then(1e-3)
            .when(number > 1e11)
            .then(1.0)
            .otherwise(1e3)
        )
        return (number * unit).round().fill_nan(None).cast(pl.Int64, strict=False).fill_null(-1)
    text = value.cast(pl.String).str.strip_chars().str.replace(r"(\d)T(\d)", "${1} ${2}")
    zone = text.str.extract("(?i)" + _ZONE)
    bare = (
        text.str.replace("(?i)" + _ZONE, "")
        if not plan.time_format
        else value.cast(pl.String).str.strip_chars()
    )
    if plan.time_format:
        parsed = bare.str.to_datetime(plan.time_format, strict=False, time_unit="ms")
        return (
            parsed.dt.timestamp("ms").fill_null(-1)
            if "%z" in plan.time_format
            else _to_utc(parsed, plan.timezone)
        )
    # a date like 2023-01-05 must not lose its day as if -05 were a zone
    keeps = text.str.contains(r":")
    bare = pl.when(keeps).then(bare).otherwise(text)
    parsed = pl.coalesce([bare.str.to_datetime(each, strict=False, time_unit="ms") for each in times.formats])
    digits = zone.str.replace_all("[^0-9+-]", "")
    hours = digits.str.slice(0, 3).cast(pl.Int64, strict=False)
    minutes = digits.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    offset = pl.when(keeps & hours.is_not_null()).then(
        hours * 60 + pl.when(digits.str.starts_with("-")).then(-minutes).otherwise(minutes)
    )
    stated = parsed.dt.timestamp("ms") - offset.fill_null(0) * 60_000
    if plan.timezone:
        return (
            pl.when(keeps & zone.is_not_null())
            .then(stated)
            .otherwise(_to_utc(parsed, plan.timezone))
            .fill_null(-1)
        )
    return stated.fill_null(-1)


def _to_utc(naive: pl.Expr, zone: str) -> pl.Expr:
    minutes = offset_minutes(zone)
    if minutes is not None:
        return (naive.dt.timestamp("ms") - minutes * 60_000).fill_null(-1)
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").dt.timestamp("ms").fill_null(-1)


def _number(column: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(column)
    if dtype.is_numeric():
        return value.cast(pl.Float64).fill_nan(None)
    text = value.cast(pl.String).str.strip_chars()
    return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).fill_nan(None)


def _text(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).str.replace_all("@", "").str.strip_chars()
    return (
        pl.when(text.str.to_lowercase().is_in(["", "unknown", "undefined", "null", "nan", "n/a"]))
        .then(None)
        .otherwise(text)
    )


def _mmsi(column: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(column)
    if dtype.is_integer():
        return value.cast(pl.Int64, strict=False).fill_null(-1)
    if dtype.is_numeric():
        number = value.cast(pl.Float64).fill_nan(None)
        direct = pl.lit(None, pl.Int64)
    else:
        direct = value.cast(pl.String).cast(pl.Int64, strict=False)
        rest = pl.when(direct.is_null()).then(value.cast(pl.String))
        number = rest.str.strip_chars().cast(pl.Float64, strict=False)
    whole = pl.when((number == number.floor()) & (number.abs() < 1e15)).then(number)
    return pl.coalesce(direct, whole.cast(pl.Int64, strict=False)).fill_null(-1)


def _imo(column: str) -> pl.Expr:
    digits = pl.col(column).cast(pl.String).str.replace(r"\.0$", "").str.extract(r"(\d{7})$").cast(pl.Int64)
    total = sum(
        ((digits // 10**place % 10) * (place + 1) for place in range(1, 7)), start=pl.lit(0, pl.Int64)
    )
    return pl.when(total % 10 == digits % 10).then(digits)


def _ship_type(column: str, dtype: pl.DataType) -> pl.Expr:
    number = _number(column, dtype).cast(pl.Int64, strict=False)
    table = reference.load("ais_ship_types").rows
    label = pl.col(column).cast(pl.String).str.strip_chars().str.to_lowercase()
    known = label.replace_strict(
        table["label"].tolist(), table["ship_type"].tolist(), default=None, return_dtype=pl.Int64
    )
    words = pl.when(label.str.contains("dredg", literal=True)).then(33)
    return pl.coalesce(number, known, words)


def _status(column: str, dtype: pl.DataType) -> pl.Expr:
    number = _number(column, dtype).cast(pl.Int64, strict=False)
    label = pl.col(column).cast(pl.String).str.to_lowercase()
    words = (
        pl.when(label.str.contains("fishing", literal=True))
        .then(7)
        .when(label.str.contains("restricted", literal=True))
        .then(3)
    )
    return pl.coalesce(number, words)


def _size(plan: Plan, schema: pl.Schema, direct: str, parts: tuple[str, str]) -> pl.Expr | None:
    found = []
    if direct in plan.columns:
        column = plan.columns[direct]
        found.append(_number(column, schema[column]) * plan.factor(direct))
    if all(part in plan.columns for part in parts):
        columns = [plan.columns[part] for part in parts]
        found.append(_number(columns[0], schema[columns[0]]) + _number(columns[1], schema[columns[1]]))
    if not found:
        return None
    positive = [pl.when(each > 0).then(each) for each in found]
    return pl.coalesce(positive)


def said(table: pl.LazyFrame, schema: pl.Schema, plan: Plan) -> pl.LazyFrame:
    """Distinct identities with their number n: mmsi and the columns of STATIC_COLUMNS that the table has.

    Grouped as written and only then normalised, so that the work does not grow with the reports. Draught,
    destination and status change under way: draught and destination are left out, of status stays is_fishing.
    """
    names = [name for name in plan.columns if name in _IDENTITY]
    columns = sorted({plan.columns[name] for name in ("mmsi", *names)})
    counted = table.group_by(columns).len("n")
    chosen = _static(schema, plan) | {"mmsi": _mmsi(plan.columns["mmsi"], schema[plan.columns["mmsi"]])}
    kept = [
        value.alias(name)
        for name, value in chosen.items()
        if name not in ("draught_m", "destination", "status")
    ]
    if "status" in chosen:
        kept += [
            (chosen["status"] == 7).alias("is_fishing"),
            chosen["status"].is_between(0, 14).alias("has_status"),
        ]
    return counted.select(*kept, pl.col("n").cast(pl.Int64))


def said_of_reports(part: pl.LazyFrame, present: list[str]) -> pl.LazyFrame:
    """The same as `said`, of reports that are normalised already."""
    columns = [
        name for name in ("name", "imo", "callsign", "ship_type", "length_m", "width_m") if name in present
    ]
    fishing = [
        (pl.col("status") == 7).alias("is_fishing"),
        pl.col("status").is_between(0, 14).alias("has_status"),
    ]
    keys = ["mmsi", *columns, *(fishing if "status" in present else [])]
    return part.group_by(keys).agg(pl.len().cast(pl.Int64).alias("n"))


def reports(table: pl.LazyFrame, schema: pl.Schema, plan: Plan, times: Times) -> pl.LazyFrame:
    """The table in REPORT_COLUMNS and what it has of STATIC_COLUMNS. Units: degrees, knots, ms UTC."""

    def column(name: str) -> tuple[str, pl.DataType]:
        return plan.columns[name], schema[plan.columns[name]]

    chosen = {
        "mmsi": _mmsi(*column("mmsi")),
        "t_ms": time_ms(column("time")[0], times, plan, column("time")[1]),
        "lon": (_number(*column("lon")) * plan.factor("lon")).fill_null(NOWHERE),
        "lat": (_number(*column("lat")) * plan.factor("lat")).fill_null(NOWHERE),
    }
    for name, most in (("sog", 102.2), ("cog", 359.99)):
        if name in plan.columns:
            value = _number(*column(name)) * plan.factor(name)
            chosen[name] = pl.when((value >= 0) & (value <= most)).then(value).otherwise(-1.0)
        else:
            chosen[name] = pl.lit(-1.0)
    return table.select([value.alias(name) for name, value in (chosen | _static(schema, plan)).items()])


_IDENTITY = (
    "name",
    "imo",
    "callsign",
    "ship_type",
    "length_m",
    "width_m",
    "status",
    "dim_a",
    "dim_b",
    "dim_c",
    "dim_d",
)


def _static(schema: pl.Schema, plan: Plan) -> dict[str, pl.Expr]:
    """The columns of STATIC_COLUMNS that the table has, normalised. Lengths in m."""
    chosen: dict[str, pl.Expr] = {}

    def column(name: str) -> tuple[str, pl.DataType]:
        return plan.columns[name], schema[plan.columns[name]]

    for name in ("name", "callsign", "destination"):
        if name in plan.columns:
            chosen[name] = _text(plan.columns[name])
    if "imo" in plan.columns:
        chosen["imo"] = _imo(plan.columns["imo"])
    if "ship_type" in plan.columns:
        chosen["ship_type"] = _ship_type(*column("ship_type"))
    if "status" in plan.columns:
        chosen["status"] = _status(*column("status"))
    for name, parts in (
        ("length_m", ("dim_a", "dim_b")),
        ("width_m", ("dim_c", "dim_d")),
        ("draught_m", ("", "")),
    ):
        size = _size(plan, schema, name, parts)
        if size is not None:
            chosen[name] = size
    return chosen


def looks_like_tenths(sample: pl.DataFrame) -> bool:
    """Whether reported speeds are tenths of a knot: more than a twentieth exceed what ships sail.

    sample: a column sog in the table's own unit.
    """
    speed = sample["sog"].drop_nulls()
    speed = speed.filter((speed >= 0) & (speed != 102.3) & (speed != 1023) & (speed != 511))
    return bool(
        len(speed) >= 20 and float((speed > 50).mean() or 0) > 0.05 and (speed == speed.floor()).all()
    )
