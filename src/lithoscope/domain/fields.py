"""Every column of the registers, once: name, dtype, unit, meaning, allowed values.

Checks, the data dictionary, column help and the mapping of unknown files all read this list.
Labels and meanings are English and are translation keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from lithoscope.domain.errors import UnknownName
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY

Layer = Literal["facilities", "mines", "dredging"]
LAYERS: tuple[Layer, ...] = ("facilities", "mines", "dredging")
"""facilities: listed structures that hold tailings, sediment or mine waste; mines: every mine with its
status; dredging: episodes of marine dredging seen in vessel tracks."""

Dtype = Literal["text", "list", "number", "integer", "boolean", "date", "class"]
"""text: str; list: str of items joined by '; '; number: float64; integer: Int64; boolean: boolean;
date: ISO 8601 text, possibly partial ('2019', '2019-05'); class: ordered categorical."""

PANDAS = {
    "text": "str",
    "list": "str",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
    "date": "str",
}
SITES: tuple[Layer, ...] = ("facilities", "mines")

STATUS = ("active", "inactive", "closed", "abandoned", "reclaimed", "reprocessing", "planned", "unknown")
RAISING = ("single stage", "upstream", "centreline", "modified centreline", "downstream", "mixed", "other")
STRUCTURE = ("dam", "impoundment", "stack", "heap", "pit", "underground", "dredge field", "other")
CONTENT = ("tailings", "sediment", "waste rock", "water", "other")
DEPOSITION = ("slurry", "thickened", "paste", "filtered", "in-pit", "river", "sea")
PROCESS = ("cyanide", "amalgam", "flotation", "leach", "gravity", "magnetic")
OVERSIGHT = ("internal", "external", "both")
COUNTRY_BASIS = ("inside", "nearest coast", "override", "stated")
RECEIVING_WATER = ("none", "minor stream", "river or lake", "sensitive")
RESULT_EVIDENCE = ("reported", "measured", "modelled", "inferred", "assumed", "missing")
DERIVED = ("site_id", "country_iso3", "country_basis", "country_stated_iso3", "dispute")
"""What Lithoscope finds for every record by itself; no source says it."""
PRESELECTION = ("not needed", "possible", "certain")
FEATURES = ("shaft", "adit", "pit", "dump", "tailings", "placer", "prospect", "quarry", "plant", "other")


@dataclass(frozen=True)
class Field:
    """One column: name with its unit at the end, label for people, dtype, unit, meaning.

    layers: the registers that have it. allowed: closed list of values, if any.
    question: number in the investor initiative's 20 questions, if it answers one.
    raw_of: for a label kept as the source wrote it, the field that holds its standard form.
    """

    name: str
    label: str
    dtype: Dtype
    meaning: str
    unit: str = ""
    layers: tuple[Layer, ...] = SITES
    allowed: tuple[str, ...] = ()
    question: int | None = None
    raw_of: str | None = None


_FACILITIES: tuple[Layer, ...] = ("facilities",)
_MINES: tuple[Layer, ...] = ("mines",)
_DREDGING: tuple[Layer, ...] = ("dredging",)


def _assay(element: str, name: str) -> Field:
    return Field(
        f"{element}_mg_kg",
        name,
        "number",
        f"{name} in the tailings or waste, dry mass",
        "mg/kg",
    )


# One field a line, as a table:
# fmt: off
FIELDS: tuple[Field, ...] = (
    # identity
    Field("site_id", "Site id", "text", "Key of the site: one or more records judged to be the same place", layers=LAYERS),
    Field("record_id", "Record id", "text", "Key of one source's record: source and the key that it uses"),
    Field("source_id", "Source", "text", "The source that the record was read from", layers=LAYERS),
    Field("source_row", "Row in the source", "integer", "Row in the source's file, the header being row 1"),
    Field("source_key", "Key in the source", "text", "The key that the source itself uses"),
    Field("evidence", "Evidence", "text", "How the record's values were obtained, unless a value says otherwise", layers=LAYERS),
    Field("as_of", "Facts as of", "date", "The date that the facts speak of"),
    Field("name", "Name", "text", "Name of the site as the source writes it", question=1, layers=LAYERS),
    Field("other_names", "Other names", "list", "Former or alternative names"),
    Field("mine_name", "Mine", "text", "Mine or plant that the facility belongs to", layers=_FACILITIES),
    Field("owner", "Owner", "text", "Owner or responsible company as the source writes it", question=3),
    Field("operator", "Operator", "text", "Company that operates the site", question=3),
    Field("ownership", "Ownership", "text", "Kind of ownership: owned and operated, subsidiary, joint venture", question=3),
    # place
    Field("country_iso3", "Country", "text", "ISO 3166 alpha-3 of the country that the coordinates lie in, or that the source states", layers=LAYERS),
    Field("country_basis", "Country found by", "text", "How the country was found", allowed=COUNTRY_BASIS),
    Field("country_stated", "Country as stated", "text", "Country as the source writes it"),
    Field("country_stated_iso3", "Country as stated (ISO)", "text", "ISO 3166 alpha-3 of the stated country"),
    Field("dispute", "Disputed area", "text", "Name of the dispute that the place is subject to, with its citation"),
    Field("admin1", "State or province", "text", "First administrative level as the source writes it"),
    Field("admin2", "Municipality", "text", "Second administrative level as the source writes it"),
    Field("lon", "Longitude", "number", "Longitude, WGS 84", "degrees", question=2, layers=LAYERS),
    Field("lat", "Latitude", "number", "Latitude, WGS 84", "degrees", question=2, layers=LAYERS),
    Field("coordinate_precision_km", "Precision of place", "number", "How far the true place may be from the coordinates", "km"),
    # life
    Field("status", "Status", "text", "Stage of the site's life", allowed=STATUS, question=4),
    Field("status_raw", "Status as written", "text", "Status as the source writes it", raw_of="status"),
    Field("year_start", "First year", "integer", "Year of first operation", "year", question=5),
    Field("year_end", "Last year", "integer", "Last year of operation", "year"),
    Field("commodities", "Commodities", "list", "What is or was mined, in standard names"),
    Field("commodities_raw", "Commodities as written", "text", "Commodities as the source writes them", raw_of="commodities"),
    Field("process", "Process", "list", "How the ore is or was treated", allowed=PROCESS),
    Field("process_raw", "Process as written", "text", "Process as the source writes it", raw_of="process"),
    # structure
    Field("structure_kind", "Kind of structure", "text", "What holds the material", layers=_FACILITIES, allowed=STRUCTURE),
    Field("structure_kind_raw", "Kind of structure as written", "text", "Kind of structure as the source writes it", layers=_FACILITIES, raw_of="structure_kind"),
    Field("content", "Content", "text", "What is held", layers=_FACILITIES, allowed=CONTENT),
    Field("content_raw", "Content as written", "text", "Content as the source writes it", layers=_FACILITIES, raw_of="content"),
    Field("raising_method", "Raising method", "text", "How the dam was raised", layers=_FACILITIES, allowed=RAISING, question=7),
    Field("raising_method_raw", "Raising method as written", "text", "Raising method as the source writes it", layers=_FACILITIES, raw_of="raising_method"),
    Field("deposition", "Deposition", "text", "How the tailings are laid down", layers=_FACILITIES, allowed=DEPOSITION),
    Field("deposition_raw", "Deposition as written", "text", "Deposition as the source writes it", layers=_FACILITIES, raw_of="deposition"),
    Field("dam_height_m", "Dam height", "number", "Current maximum height of the dam", "m", layers=_FACILITIES, question=8),
    Field("planned_height_m", "Planned height", "number", "Maximum height in the approved design", "m", layers=_FACILITIES),
    Field("crest_length_m", "Crest length", "number", "Length of the dam's crest", "m", layers=_FACILITIES),
    Field("stored_volume_m3", "Stored volume", "number", "Volume of tailings, sediment or waste held now", "m3", layers=_FACILITIES, question=9),
    Field("capacity_m3", "Capacity", "number", "Volume that the structure is designed or authorised to hold", "m3", layers=_FACILITIES),
    Field("planned_volume_m3", "Planned volume", "number", "Volume planned in five years' time", "m3", layers=_FACILITIES, question=10),
    Field("footprint_m2", "Footprint", "number", "Area that the structure or the mine's waste covers", "m2"),
    Field("embankments_count", "Embankments", "integer", "Number of embankments", "count", layers=_FACILITIES),
    # safety and disclosure
    Field("consequence_class_raw", "Declared class as written", "text", "Consequence or hazard class as declared, in the words of its system", layers=_FACILITIES, raw_of="consequence_class", question=13),
    Field("classification_system", "Classification system", "text", "The system that the declared class belongs to", layers=_FACILITIES, question=14),
    Field("consequence_class", "Declared consequence class", "class", "Declared class on the GISTM scale, read as at least this class", layers=_FACILITIES, allowed=tuple(CONSEQUENCE.codes)),
    Field("consequence_class_high", "Declared class, at most", "class", "The gravest GISTM class that the declared label may stand for", layers=_FACILITIES, allowed=tuple(CONSEQUENCE.codes)),
    Field("risk_category_raw", "Risk category as written", "text", "The authority's own category of likelihood or condition", layers=_FACILITIES),
    Field("emergency_level_raw", "Emergency level", "text", "Emergency level in force, as the authority writes it", layers=_FACILITIES),
    Field("factor_of_safety", "Factor of safety", "number", "Static factor of safety", "ratio", layers=_FACILITIES),
    Field("par_persons", "Population at risk", "number", "People in the area that a failure would reach", "persons", layers=_FACILITIES),
    Field("par_raw", "Population downstream as written", "text", "Population downstream as the source writes it", layers=_FACILITIES),
    Field("is_built_as_designed", "Built as designed", "boolean", "Currently operated or closed in line with the approved design", layers=_FACILITIES, question=6),
    Field("review_date", "Independent review", "date", "Date of the most recent independent expert review", layers=_FACILITIES, question=11),
    Field("inspection_date", "Last inspection", "date", "Date of the last inspection", layers=_FACILITIES),
    Field("has_engineering_records", "Engineering records", "boolean", "Full and complete engineering records are held", layers=_FACILITIES, question=12),
    Field("has_stability_concern", "Stability concern", "boolean", "Ever failed certification or had a notable stability concern", layers=_FACILITIES, question=15),
    Field("stability_note", "Stability note", "text", "What is said of stability", layers=_FACILITIES, question=15),
    Field("oversight", "Engineering oversight", "text", "Internal specialist oversight, external engineering support, or both", layers=_FACILITIES, allowed=OVERSIGHT, question=16),
    Field("has_impact_analysis", "Downstream impact analysis", "boolean", "A formal analysis of the impact of a failure downstream exists", layers=_FACILITIES, question=17),
    Field("impact_analysis_date", "Date of impact analysis", "date", "Date of the downstream impact analysis", layers=_FACILITIES, question=17),
    Field("has_emergency_plan", "Emergency plan", "boolean", "An emergency preparedness and response plan exists"),
    Field("has_closure_plan", "Closure plan", "boolean", "A closure plan exists", question=18),
    Field("has_long_term_monitoring", "Long-term monitoring", "boolean", "The closure plan includes long-term monitoring", question=18),
    Field("has_climate_assessment", "Climate assessment", "boolean", "Extreme weather from climate change was assessed, or will be", layers=_FACILITIES, question=19),
    Field("remarks", "Remarks", "text", "Other information, as the source writes it", question=20),
    # chemistry
    _assay("arsenic", "Arsenic"),
    _assay("cadmium", "Cadmium"),
    _assay("chromium", "Chromium"),
    _assay("copper", "Copper"),
    _assay("mercury", "Mercury"),
    _assay("nickel", "Nickel"),
    _assay("lead", "Lead"),
    _assay("antimony", "Antimony"),
    _assay("zinc", "Zinc"),
    Field("gold_g_t", "Gold", "number", "Gold in the tailings, dry mass", "g/t"),
    Field("sulphide_sulphur_pct", "Sulphide sulphur", "number", "Sulphide sulphur, dry mass", "%"),
    Field("neutralisation_potential_kg_t", "Neutralisation potential", "number", "Neutralisation potential as calcium carbonate", "kg CaCO3/t"),
    Field("anc_kg_t", "Acid neutralising capacity", "number", "Acid neutralising capacity as sulphuric acid", "kg H2SO4/t"),
    Field("nag_ph", "NAG pH", "number", "pH after the net acid generation test", "pH"),
    Field("wad_cyanide_mg_l", "WAD cyanide", "number", "Weak-acid-dissociable cyanide in the pond water", "mg/L"),
    Field("water_hazard_class", "Water hazard class", "integer", "Water hazard class of the tailings, 0 to 3", "class"),
    Field("has_cyanide", "Cyanide used", "boolean", "The source says whether cyanide is used or present"),
    Field("toxicity_declared_raw", "Declared toxicity as written", "text", "Toxicity or waste class as declared"),
    # events
    Field("failure_count", "Failures", "integer", "Number of documented failures of this facility", "count", layers=_FACILITIES),
    Field("failure_year", "Year of failure", "integer", "Year of the latest documented failure", "year", layers=_FACILITIES),
    # mines
    Field("features", "Features", "list", "What is left on the ground", layers=_MINES, allowed=FEATURES),
    Field("features_raw", "Features as written", "text", "Features as the source writes them", layers=_MINES, raw_of="features"),
    Field("features_count", "Number of features", "integer", "Number of openings or features", "count", layers=_MINES),
    Field("mine_kind_raw", "Kind of mine as written", "text", "Underground, surface or other, as the source writes it", layers=_MINES),
    Field("rehabilitation_state", "Rehabilitation", "text", "State of rehabilitation as the source writes it", layers=_MINES),
    Field("financial_provision", "Financial provision", "text", "Who pays, and what is set aside", layers=_MINES),
    Field("contamination_listing", "Contaminated-site listing", "text", "Listing as a contaminated site, and since when", layers=_MINES),
    # what methods ask beyond the registers' own columns
    Field("par_low_persons", "Population at risk, at least", "number", "Fewest people that a stated band of the population at risk leaves open", "persons", layers=_FACILITIES),
    Field("par_high_persons", "Population at risk, at most", "number", "Most people that a stated band of the population at risk leaves open", "persons", layers=_FACILITIES),
    Field("inundation_km2", "Area affected", "number", "Area that a failure would cover", "km2", layers=_FACILITIES),
    Field("pll_persons", "Potential loss of life", "number", "Lives that a failure would be expected to cost", "persons", layers=_FACILITIES),
    Field("economic_loss_usd", "Economic loss", "number", "Loss that a failure would cause to infrastructure and economy", "US$", layers=_FACILITIES),
    Field("flow_depth_m", "Depth at people", "number", "Depth of the flow above ground where people are", "m", layers=_FACILITIES),
    Field("flow_velocity_m_s", "Velocity at people", "number", "Velocity of the flow where people are", "m/s", layers=_FACILITIES),
    Field("pga_475_g", "Peak ground acceleration", "number", "Peak ground acceleration with a return period of 475 years", "g"),
    Field("is_in_flood_zone", "In a flood zone", "boolean", "Inside the zone of the design flood (return period 100 to 500 years)"),
    Field("flood_depth_m", "Flood depth", "number", "Depth of the design flood at the site", "m"),
    Field("extreme_rain_mm", "Extreme rain", "number", "Extreme daily rain in the present climate", "mm"),
    Field("extreme_rain_future_mm", "Extreme rain later", "number", "Extreme daily rain in the later climate of the raster that the user supplied", "mm"),
    Field("receiving_water", "Receiving water", "text", "Gravest water body within 10 km downstream", layers=_FACILITIES, allowed=RECEIVING_WATER),
    Field("iron_pct", "Iron", "number", "Iron in the tailings or waste, dry mass", "%"),
    Field("dry_density_t_m3", "Dry density", "number", "Dry bulk density of the tailings or waste", "t/m3"),
    Field("mercury_leachate_mg_l", "Mercury in leachate", "number", "Mercury in the leachate of the tailings or waste", "mg/L"),
    Field("hazardous_share_pct", "Hazardous share", "number", "Share of waste classed hazardous in the dry mass at the end of planned life", "%", layers=_FACILITIES),
    Field("is_water_phase_dangerous", "Dangerous water phase", "boolean", "The pond's water, at its highest concentration, counts as a dangerous mixture", layers=_FACILITIES),
    Field("has_incident", "Documented incident", "boolean", "A serious incident or impact on people or environment is documented"),
    Field("waste_height_m", "Height of waste", "number", "Height of the waste heap or of the tailings behind the dam", "m", layers=_MINES),
    Field("foundation_slope_deg", "Slope of foundation", "number", "Slope of the ground under the heap", "degrees"),
    Field("river_distance_km", "Distance to water course", "number", "Distance to the nearest surface water course", "km"),
    Field("is_on_aquifer", "On permeable ground", "boolean", "A permeable layer or aquifer lies beneath"),
    Field("is_wind_exposed", "Exposed to wind", "boolean", "Fine material lies exposed to the wind"),
    Field("is_uncovered", "Uncovered", "boolean", "The waste is uncovered, so that people or animals can touch it"),
    Field("settlement_distance_km", "Distance to settlement", "number", "Distance to the nearest settlement of more than 100 people", "km"),
    Field("poor_water_distance_km", "Distance to poor water", "number", "Distance to the nearest water body of less than good status", "km"),
    Field("protected_area_distance_km", "Distance to protected area", "number", "Distance to the nearest protected area", "km"),
    Field("farmland_distance_km", "Distance to farmland", "number", "Distance to the nearest crops or livestock", "km"),
    Field("computed_fields", "Computed values", "list", "Fields whose values Lithoscope concluded from the user's terrain, grids and layers, since no source states them"),
    # what the methods found, written when a release is built
    Field("toxicity_class", "Toxicity class", "class", "Best estimate of the toxicity class; missing where the evidence leaves more than one open", allowed=tuple(TOXICITY.codes)),
    Field("toxicity_class_low", "Toxicity class, at least", "class", "Mildest toxicity class that the evidence leaves open", allowed=tuple(TOXICITY.codes)),
    Field("toxicity_class_high", "Toxicity class, at most", "class", "Gravest toxicity class that the evidence leaves open", allowed=tuple(TOXICITY.codes)),
    Field("toxicity_evidence", "Evidence of toxicity", "text", "How the toxicity class came about", allowed=RESULT_EVIDENCE),
    Field("consequence_at_least", "Consequence class, computed, at least", "class", "Gravest GISTM class met by any criterion that data can answer", layers=_FACILITIES, allowed=tuple(CONSEQUENCE.codes)),
    Field("thi_low", "THI-style index, at least", "number", "Tailings hazard index with unknown components at their mildest", "points", layers=_FACILITIES),
    Field("thi_high", "THI-style index, at most", "number", "Tailings hazard index with unknown components at their worst", "points", layers=_FACILITIES),
    Field("tri_low", "TRI-style index, at least", "number", "Tailings risk index with unknown components at their mildest", "points", layers=_FACILITIES),
    Field("tri_high", "TRI-style index, at most", "number", "Tailings risk index with unknown components at their worst", "points", layers=_FACILITIES),
    Field("preselection", "Pre-selection", "text", "EU pre-selection protocol: examine further for certain, possibly, or not", allowed=PRESELECTION),
    Field("priority_low", "Screening priority, at least", "number", "Our screening priority with equal weights, unknown parts at their mildest", "score 0 to 1"),
    Field("priority_high", "Screening priority, at most", "number", "Our screening priority with equal weights, unknown parts at their worst", "score 0 to 1"),
    Field("disclosure_share", "Answered questions", "number", "Share of the questions of the investor initiative that the records answer", "share 0 to 1"),
    # dredging: one row per episode seen in vessel tracks
    Field("mmsi", "MMSI", "text", "Maritime identity that the vessel sent, nine digits", layers=_DREDGING),
    Field("vessel_id", "Vessel", "text", "The vessel: its MMSI, numbered where several ships used one", layers=_DREDGING),
    Field("flag_iso3", "Flag State", "text", "State of registration, after the first three digits of the MMSI", layers=_DREDGING),
    Field("start_utc", "Begin", "text", "Begin of the episode, UTC", layers=_DREDGING),
    Field("end_utc", "End", "text", "End of the episode, UTC", layers=_DREDGING),
    Field("month", "Month", "text", "Month of the episode's middle, UTC", layers=_DREDGING),
    Field("hours", "Duration", "number", "How long the vessel dredged", "h", layers=_DREDGING),
    Field("distance_km", "Distance", "number", "Length of the track while dredging", "km", layers=_DREDGING),
    Field("mean_sog_kn", "Mean speed", "number", "Mean speed over ground while dredging", "kn", layers=_DREDGING),
    Field("zone", "Zone", "text", "Maritime zone of the episode's middle", layers=_DREDGING),
    Field("zone_name", "Name of the zone", "text", "Name of the maritime zone", layers=_DREDGING),
    Field("zone_basis", "Zone found by", "text", "How the zone was found; a computed zone is not a legal boundary", layers=_DREDGING),
    Field("coast_km", "Distance to the coast", "number", "Distance from the episode's middle to the nearest coast", "km", layers=_DREDGING),
    Field("p_dredger", "Probability of a dredger", "number", "How probable it is that the vessel is a dredger", "share 0 to 1", layers=_DREDGING),
    Field("purpose", "Likely purpose", "text", "What the sand is probably dredged for", layers=_DREDGING, allowed=("aggregate", "maintenance", "reclamation")),
    Field("purpose_p", "Probability of the purpose", "number", "How probable the likely purpose is", "share 0 to 1", layers=_DREDGING),
    Field("protected_share", "Share in protected areas", "number", "Share of the track in protected areas, where the user supplied them", "share 0 to 1", layers=_DREDGING),
    Field("depth_m", "Depth of water", "number", "Depth of water, where the user supplied a raster", "m", layers=_DREDGING),
    Field("note", "Note", "text", "Whether the row was concluded from vessel tracks or simulated", layers=_DREDGING),
    # everything else that the source said
    Field("evidence_by_field", "Evidence by field", "text", "JSON: fields whose evidence differs from the record's"),
    Field("raw", "As the source wrote it", "text", "JSON: every column of the source's row, personal data aside"),
)
# fmt: on

_BY_NAME = {field.name: field for field in FIELDS}


def field(name: str) -> Field:
    """The field of that name; UnknownName with near names if there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownName("is not a field", "see the data dictionary for the names", value=name) from None


@cache
def of_layer(layer: Layer) -> tuple[Field, ...]:
    """Fields of one register, in the order of the list."""
    return tuple(each for each in FIELDS if layer in each.layers)


def is_field(name: str) -> bool:
    """Whether a field of that name exists."""
    return name in _BY_NAME


def dtype_of(name: str) -> Any:
    """The pandas dtype that holds the field."""
    each = field(name)
    if each.dtype != "class":
        return PANDAS[each.dtype]
    scale = CONSEQUENCE if each.allowed == tuple(CONSEQUENCE.codes) else TOXICITY
    return scale.dtype


def split_list(text: object) -> list[str]:
    """Items of a list field; empty for a missing value."""
    return [item for item in str(text).split("; ") if item] if isinstance(text, str) else []


def join_list(items: Iterable[str]) -> str | None:
    """Items as a list field holds them, each once, in the order given; None if there are none."""
    return "; ".join(dict.fromkeys(item for item in items if item)) or None
