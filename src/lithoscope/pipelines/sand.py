"""What the sand observatory shows: zones ranked, trends, seasons, two periods compared, published figures.

Read from the tables that `dredging_release` put in a release. A month without a row was not seen to be
dredged; that is unknown, never zero, so it stays missing. Amounts of several zones or months are drawn
jointly from their loads, since what is not known of a ship or a ground is the same in all its months.
"""

import io
from dataclasses import dataclass
from functools import cached_property, lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd

from lithoscope.domain import reference
from lithoscope.methods.dredging_volume import SEED, SEEN, volumes
from lithoscope.pipelines import export
from lithoscope.pipelines.dredging_release import SIMULATED, SIMULATED_ID
from lithoscope.pipelines.store import Release

ENDS = ("low", "best", "high")
VOLUMES = tuple(f"volume_{end}_m3" for end in ENDS)
MASSES = tuple(f"mass_{end}_t" for end in ENDS)
AMOUNTS = VOLUMES + MASSES


@dataclass(frozen=True)
class Period:
    """Months from first to last, both included, as "2019-01"."""

    first: str
    last: str

    def holds(self, months: pd.Series) -> pd.Series:
        """Which of the months lie in the period."""
        return months.between(self.first, self.last)


@dataclass(frozen=True)
class Sand:
    """The dredging of one release, read on demand. Shared: change nothing of it."""

    release: Release

    @property
    def is_empty(self) -> bool:
        """Whether the release holds no episode at all."""
        return not self.release.has("dredging.parquet") or self.zone_months.empty

    @cached_property
    def is_simulated(self) -> bool:
        """Whether any of it is made up."""
        return bool(self.vessels["note"].eq(SIMULATED).any())

    @cached_property
    def is_embedded(self) -> bool:
        """Whether it is the fleet that a release of the starter register carries: read from no folder."""
        return any(each.source_id == SIMULATED_ID and not each.file for each in self.release.sources)

    @property
    def heard(self) -> int:
        """Ships heard in the tracks that were loaded; 0 where none were."""
        return len(self.vessels) if self.release.has("dredging_vessels.parquet") else 0

    @cached_property
    def episodes(self) -> gpd.GeoDataFrame:
        """The layer: one row per episode."""
        return self.release.sites("dredging")

    @cached_property
    def zone_months(self) -> pd.DataFrame:
        """Hours, episodes, vessels and amounts per zone and month."""
        return self.release.table("dredging_zone_months")

    @cached_property
    def vessels(self) -> pd.DataFrame:
        """Every vessel heard, dredger or not."""
        return self.release.table("dredging_vessels")

    @cached_property
    def loads(self) -> pd.DataFrame:
        """Load cycles."""
        return self.release.table("dredging_loads")

    @cached_property
    def effort(self) -> gpd.GeoDataFrame:
        """Hours per cell of the H3 grid and month."""
        return self.release.geotable("dredging_effort")

    @cached_property
    def tracks(self) -> gpd.GeoDataFrame:
        """Tracks of dredgers by state, with their month."""
        tracks = self.release.geotable("dredging_tracks")
        return tracks.assign(month=tracks["start_utc"].dt.strftime("%Y-%m"))

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Silences beside known grounds, with their month."""
        gaps = self.release.table("dredging_dark_gaps")
        months = pd.to_datetime(gaps["start_utc"], utc=True).dt.strftime("%Y-%m")
        return gaps.assign(month=months.astype("str"))

    @cached_property
    def reception(self) -> pd.DataFrame:
        """Where any ship was heard: h3, month, reports, days; empty where the results do not say."""
        if not self.release.has("dredging_reception.parquet"):
            return pd.DataFrame({"h3": [], "month": [], "reports": [], "days": []})
        return self.release.table("dredging_reception")

    @cached_property
    def _weighed(self) -> pd.DataFrame:
        """Loads as `dredging_volume.volumes` takes them."""
        loads = self.loads.rename(columns={"vessel_id": "vessel"})
        return loads.assign(weight=np.where(loads["certainty"] == SEEN, 1.0, np.nan))

    @cached_property
    def _holds(self) -> pd.DataFrame:
        """Hold of each vessel: low, mode, high [m3], and the spacing of its reports [s]."""
        own = self.vessels.drop_duplicates("vessel_id").set_index("vessel_id")
        ends = {"hopper_low_m3": "low", "hopper_best_m3": "mode", "hopper_high_m3": "high"}
        spacing = own.get("spacing_s", np.nan)
        return own[list(ends)].rename(columns=ends).assign(spacing_s=spacing)

    def amounts(self, loads: pd.DataFrame, by: list[str]) -> pd.DataFrame:
        """AMOUNTS of some loads, a row per group (index); of all of them without groups.

        Drawn jointly, with the draws that the tables of the results were made with.
        """
        found = volumes(loads, self._holds, groups=by, seed=SEED)
        return found.set_index(by) if by else found.drop(columns="_all", errors="ignore")

    @cached_property
    def months(self) -> list[str]:
        """Every month from the first to the last that was seen, without a gap."""
        seen = self.zone_months["month"]
        return pd.period_range(seen.min(), seen.max(), freq="M").strftime("%Y-%m").tolist()

    @property
    def whole(self) -> Period:
        """All months."""
        return Period(self.months[0], self.months[-1])

    def zones(self) -> pd.DataFrame:
        """What is said of each zone itself: zone (index), zone_name, zone_basis, zone_kind, country_iso3."""
        columns = ["zone_name", "zone_basis", "zone_kind", "zone_states", "country_iso3"]
        return self.zone_months.groupby("zone")[columns].first()

    def ranked(self, period: Period) -> pd.DataFrame:
        """Zones by hours, the most first: hours, episodes, vessels, amounts (NaN where no load was seen).

        Vessels are counted once each, however many months they came.
        """
        rows = self.zone_months[period.holds(self.zone_months["month"])]
        table = rows.groupby("zone")[["hours", "episodes"]].sum()
        table = table.join(self.amounts(self._of(self._weighed, period, None), ["zone"]))
        seen = self.episodes[period.holds(self.episodes["month"])]
        table["vessels"] = (
            seen.groupby("zone")["vessel_id"].nunique().reindex(table.index).fillna(0).astype(int)
        )
        return table.join(self.zones()).sort_values("hours", ascending=False)

    def total(self, period: Period, zone: str | None = None) -> pd.Series:
        """Hours, episodes, vessels, dark gaps and amounts of a period, of one zone or of all."""
        rows = self._of(self.zone_months, period, zone)
        total = rows[["hours", "episodes"]].sum()
        total["vessels"] = self._of(self.episodes, period, zone)["vessel_id"].nunique()
        total["gaps"] = len(self._of(self.gaps, period, zone))
        amounts = self.amounts(self._of(self._weighed, period, zone), [])
        return pd.concat([total, amounts.iloc[0] if len(amounts) else pd.Series(np.nan, index=AMOUNTS)])

    def _of(self, frame: pd.DataFrame, period: Period, zone: str | None) -> pd.DataFrame:
        kept = period.holds(frame["month"])
        return frame[kept & frame["zone"].eq(zone)] if zone else frame[kept]

    def trend(self, zone: str | None = None) -> pd.DataFrame:
        """Hours and amounts of every month (index), of one zone or of all; missing where nothing was seen."""
        rows = self.zone_months if zone is None else self.zone_months[self.zone_months["zone"].eq(zone)]
        table = rows.groupby("month")[["hours", "episodes"]].sum()
        amounts = self.amounts(self._of(self._weighed, self.whole, zone), ["month"])
        return table.join(amounts).reindex(self.months)

    def years(self, country_iso3: str) -> pd.DataFrame:
        """Per year (index): hours, months seen and amounts in the zones of one State."""
        rows = self.zone_months[self.zone_months["country_iso3"].eq(country_iso3)]
        grouped = rows.groupby(rows["month"].str[:4].rename("year"))
        table = pd.DataFrame({"hours": grouped["hours"].sum(), "months": grouped["month"].nunique()})
        loads = self._weighed[self._weighed["zone"].isin(rows["zone"])]
        return table.join(self.amounts(loads.assign(year=loads["month"].str[:4]), ["year"]))

    def seasons(self, zone: str | None = None) -> pd.DataFrame:
        """Mean hours per calendar month (index 1 to 12) over the years with any, and how many those are."""
        hours = self.trend(zone)["hours"]
        grouped = hours.groupby(hours.index.str[5:].astype(int))
        return pd.DataFrame({"hours": grouped.mean(), "years": grouped.count()}).reindex(range(1, 13))

    def shares(self, column: str, period: Period, zone: str | None = None) -> dict[str, float]:
        """Hours by a column of the episodes, the most first; missing is "unknown"."""
        rows = self._of(self.episodes, period, zone)
        hours = rows.groupby(rows[column].fillna("unknown"))["hours"].sum().sort_values(ascending=False)
        return {str(key): float(value) for key, value in hours.items()}

    def protected(self, period: Period, zone: str) -> float:
        """Share of the hours in protected areas; NaN where the user supplied none."""
        rows = self._of(self.episodes, period, zone).dropna(subset=["protected_share"])
        hours = rows["hours"].sum()
        return float((rows["protected_share"] * rows["hours"]).sum() / hours) if hours else np.nan

    def fleet(self, period: Period, zone: str | None = None) -> pd.DataFrame:
        """Dredgers by hours, the most first: vessel_id (index), hours, episodes, then their own columns."""
        rows = self._of(self.episodes, period, zone).groupby("vessel_id")
        table = pd.DataFrame({"hours": rows["hours"].sum(), "episodes": rows.size()})
        own = self.vessels.drop_duplicates("vessel_id").set_index("vessel_id")
        own = own.drop(columns=["episodes"], errors="ignore")
        return table.join(own).sort_values("hours", ascending=False)

    def vessel(self, vessel_id: str) -> pd.Series | None:
        """One vessel's row; None for an id that is not a dredger's."""
        rows = self.vessels[self.vessels["vessel_id"].eq(vessel_id) & self.vessels["is_dredger"]]
        return rows.iloc[0] if len(rows) else None

    def compared(self, first: Period, second: Period) -> pd.DataFrame:
        """Per zone: hours and volume of two periods, and whether the volume changed.

        change: "more" or "less" where the two ranges of volume lie apart, "open" where they overlap,
        "unknown" where one of them is missing. The largest zones first.
        """
        one, two = self.ranked(first), self.ranked(second)
        columns = ["hours", *VOLUMES]
        table = one[columns].add_suffix("_a").join(two[columns].add_suffix("_b"), how="outer")
        low, high = VOLUMES[0], VOLUMES[2]
        known = table[[f"{low}_a", f"{low}_b"]].notna().all(axis=1)
        more, less = table[f"{low}_b"] > table[f"{high}_a"], table[f"{high}_b"] < table[f"{low}_a"]
        table["change"] = np.select([~known, more, less], ["unknown", "more", "less"], "open")
        order = table[["hours_a", "hours_b"]].max(axis=1).sort_values(ascending=False).index
        return table.loc[order].join(self.zones())


@lru_cache(maxsize=2)
def of(release: Release) -> Sand:
    """The dredging of a release, kept for the next caller."""
    return Sand(release)


def published(area: str | None = None) -> pd.DataFrame:
    """Published figures of extraction, the newest first; of one area, or of all."""
    rows = reference.load("extraction_stats").rows
    rows = rows if area is None else rows[rows["area"].eq(area)]
    for name in ("year", "year_to", "volume_m3", "mass_t"):
        rows = rows.assign(**{name: pd.to_numeric(rows[name])})
    return rows.sort_values(["area", "year"], ascending=[True, False], ignore_index=True)


def as_file(table: pd.DataFrame, suffix: str) -> bytes:
    """A table as the bytes of a .csv, .parquet or .geojson file; lines only in the latter two."""
    if suffix == "csv":
        plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
        return export.harmless(plain).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
    if suffix == "geojson":
        return gpd.GeoDataFrame(table).to_json(drop_id=True, na="null").encode()
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()
