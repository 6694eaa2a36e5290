"""Which sites are meant: one small language for the command line, the pages' addresses and the tiles.

`FIELD OP VALUE [and ...]` with OP one of = != < <= > >= ~ is parsed, never evaluated. `~` contains;
case and accents are folded. On a class, `consequence>=high` speaks of the best estimate (or of the lower
bound where there is no best), `consequence could>=high` of the interval. Unrated stands outside every
order: only `=unrated` finds it. A missing value satisfies no comparison but `!=` and `=unknown`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.domain.fields import PRESELECTION, STATUS
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY, UNRATED
from lithoscope.domain.text import fold, folded
from lithoscope.pipelines import countries

OPERATORS = ("<=", ">=", "!=", "=", "<", ">", "~")
ALIASES = {
    "country": "country_iso3",
    "consequence": "consequence_class",
    "toxicity": "toxicity_class",
    "computed": "consequence_at_least",
    "commodity": "commodities",
    "height": "dam_height_m",
    "volume": "stored_volume_m3",
    "source": "source_id",
}
LOWER_BOUNDS = ("consequence_at_least",)
"""Classes that hold the least that a site can be; it could be of any graver one."""
SEARCHED = ("name", "other_names", "mine_name", "owner", "operator")
SEARCH = "search"
"""Column with the folded text of SEARCHED; made on the fly where a frame lacks it."""

_CONDITION = re.compile(r"\s*([A-Za-z_]\w*)\s*(\bcould)?\s*([<>=!~]+)\s*(.*?)\s*", re.DOTALL)
_AND = re.compile(r"\s+and\s+(?=[A-Za-z_]\w*\s*(?:could)?\s*(?:<=|>=|!=|=|<|>|~))", re.IGNORECASE)
_MAX_WHERE = 2_000


@dataclass(frozen=True)
class Condition:
    """One comparison. `wanted` has one item, or several of which any may hold (only with =)."""

    field: str
    operator: str
    wanted: tuple[str, ...]
    is_could: bool = False


def parse(where: str) -> tuple[Condition, ...]:
    """Conditions of a --where text; BadInput naming the part that is not understood."""
    if len(where) > _MAX_WHERE:
        raise BadInput("the condition is too long", f"keep it under {_MAX_WHERE} characters", file="--where")
    if not where.strip():
        return ()
    return tuple(_parse_one(part) for part in _AND.split(where))


def _parse_one(part: str) -> Condition:
    match = _CONDITION.fullmatch(part)
    if not match or match[3] not in OPERATORS:
        raise BadInput(
            "is not FIELD OP VALUE", f"use one of {' '.join(OPERATORS)}", file="--where", value=part.strip()
        )
    name, could, operator, value = match.groups()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    if not value:
        raise BadInput("has no value", "write FIELD OP VALUE", file="--where", value=part.strip())
    if ALIASES.get(name, name) == "country_iso3" and operator in ("=", "!="):
        value = _country(value)
    return condition(name, operator, value, is_could=bool(could))


def _country(name: str) -> str:
    """Code of a country that is given by its code or name, or "unknown"; UnknownName for what is none."""
    return name if name == "unknown" or countries.is_country(name) else countries.code_of(name)


def condition(name: str, operator: str, *values: str, is_could: bool = False) -> Condition:
    """A checked condition: the field exists, the operator fits it, the value can be read."""
    name = ALIASES.get(name, name)
    if name == SEARCH:
        return Condition(name, operator, values)
    each = fields.field(name)
    if is_could and each.dtype != "class":
        raise BadInput("could asks of a class", "leave it out", file="--where", value=name)
    for value in values:
        if operator in ("<", "<=", ">", ">=") and value in (UNRATED, "unknown"):
            raise BadInput(
                "stands outside every order", "ask with = or !=", file="--where", column=name, value=value
            )
        if each.dtype == "class" and value != UNRATED and value not in each.allowed:
            raise UnknownName(
                f"is not a class of {name}", f"use one of {', '.join(each.allowed)}, {UNRATED}", value=value
            )
        if each.dtype in ("number", "integer") and value != "unknown":
            _number(name, value)
    if operator == "~" and each.dtype not in ("text", "list", "date"):
        raise BadInput("~ asks of a text", "use = or a comparison", file="--where", value=name)
    return Condition(name, operator, values, is_could)


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise BadInput("is not a number", "write it as 1234.5", file="--where", column=name, value=value)
    return number


def search_text(frame: pd.DataFrame) -> pd.Series:
    """Folded names and owners of each row, one per line, so that a search never matches across two."""
    parts = [folded(frame[name]) for name in SEARCHED if name in frame.columns]
    text = pd.Series("", index=frame.index, dtype="str")
    for part in parts:
        text = text + "\n" + part
    return text


def mask(frame: pd.DataFrame, conditions: Sequence[Condition]) -> pd.Series:
    """Which rows satisfy all conditions; boolean on the same index."""
    kept = pd.Series(True, index=frame.index)
    for each in conditions:
        kept &= _mask_one(frame, each)
    return kept


def _mask_one(frame: pd.DataFrame, each: Condition) -> pd.Series:
    if each.field == SEARCH:
        text = frame[SEARCH] if SEARCH in frame.columns else search_text(frame)
        return text.str.contains(fold(each.wanted[0]), regex=False)
    if each.field not in frame.columns:
        found = pd.Series(False, index=frame.index)
        return ~found if each.operator == "!=" or set(each.wanted) & {UNRATED, "unknown"} else found
    kind = fields.field(each.field).dtype
    compare = {
        "class": _class_mask,
        "number": _number_mask,
        "integer": _number_mask,
        "boolean": _boolean_mask,
    }
    found = pd.Series(False, index=frame.index)
    positive = "=" if each.operator == "!=" else each.operator
    for value in each.wanted:
        found |= compare.get(kind, _text_mask)(frame, each, positive, value)
    return ~found if each.operator == "!=" else found


def _class_mask(frame: pd.DataFrame, each: Condition, operator: str, value: str) -> pd.Series:
    best = frame[each.field]
    low = frame.get(f"{each.field}_low", best)
    high = frame.get(f"{each.field}_high", best)
    codes, lowest, highest = (_codes(series) for series in (best, low, high))
    if each.field in LOWER_BOUNDS:
        highest = np.where(lowest >= 0, len(fields.field(each.field).allowed) - 1, -1)
    if value == UNRATED:
        return pd.Series((codes < 0) & (lowest < 0), index=frame.index)
    rank = list(fields.field(each.field).allowed).index(value)
    rated = (lowest >= 0) | (codes >= 0)
    lowest = np.where(lowest >= 0, lowest, codes)
    highest = np.where(highest >= 0, highest, lowest)
    if each.is_could:
        found = {
            "=": (lowest <= rank) & (highest >= rank),
            ">=": highest >= rank,
            ">": highest > rank,
            "<=": lowest <= rank,
            "<": lowest < rank,
        }[operator]
    else:
        at_least = np.where(codes >= 0, codes, lowest)
        at_most = np.where(codes >= 0, codes, highest)
        found = {
            "=": (codes == rank) | ((codes < 0) & (lowest == rank) & (highest == rank)),
            ">=": at_least >= rank,
            ">": at_least > rank,
            "<=": at_most <= rank,
            "<": at_most < rank,
        }[operator]
    return pd.Series(found & rated, index=frame.index)


def _codes(series: pd.Series) -> np.ndarray:
    return series.cat.codes.to_numpy().astype(int)


def _number_mask(frame: pd.DataFrame, each: Condition, operator: str, value: str) -> pd.Series:
    column = frame[each.field].astype("float64")
    if value == "unknown":
        return column.isna()
    number = float(value)
    return {
        "=": column.eq,
        "<": column.lt,
        "<=": column.le,
        ">": column.gt,
        ">=": column.ge,
    }[operator](number)


def _boolean_mask(frame: pd.DataFrame, each: Condition, operator: str, value: str) -> pd.Series:
    column = frame[each.field]
    word = value.casefold()
    if word == "unknown":
        return column.isna()
    if word not in ("true", "false", "yes", "no") or operator != "=":
        raise BadInput("is not yes or no", "write = yes, = no or = unknown", column=each.field, value=value)
    return column.eq(word in ("true", "yes")).fillna(False).astype(bool)


def _text_mask(frame: pd.DataFrame, each: Condition, operator: str, value: str) -> pd.Series:
    column = frame[each.field]
    is_list = fields.field(each.field).dtype == "list"
    if operator == "=" and not is_list and value != "unknown" and value in column.array:
        return column.eq(value).fillna(False).astype(bool)
    texts, sought = folded(column), fold(value)
    if operator == "~":
        return texts.str.contains(sought, regex=False)
    if value == "unknown" and operator == "=":
        return texts.eq("") | texts.eq(sought)
    if operator == "=":
        return (
            ("; " + texts + "; ").str.contains(f"; {sought}; ", regex=False) if is_list else texts.eq(sought)
        )
    return {"<": texts.lt, "<=": texts.le, ">": texts.gt, ">=": texts.ge}[operator](sought) & texts.ne("")


# --- what a page or a tile shows, as its address says it -------------------------------------------


def _several(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part for part in value.split(",") if part)
    return tuple(value) if isinstance(value, Sequence) else ()


def _countries(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_country, names))


Several = Annotated[
    tuple[Annotated[str, Field(max_length=60)], ...], BeforeValidator(_several), Field(max_length=60)
]
Number = Annotated[float | None, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=100)]


class Selection(BaseModel):
    """What is shown: the filters of a page, validated, as they stand in its address.

    Several values of one filter widen it; several filters narrow. `could` asks whether a site could be
    in a class, by its interval. `computed` asks of the consequence class that the methods found, at least.
    `group` is one of the UN's five regional groups.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    country: Annotated[Several, AfterValidator(_countries)] = ()
    group: Several = ()
    status: Several = ()
    commodity: Several = ()
    raising: Several = ()
    consequence: Several = ()
    computed: Several = ()
    toxicity: Several = ()
    source: Several = ()
    owner: Text = ""
    q: Text = ""
    preselection: Several = ()
    thi_min: Number = None
    thi_max: Number = None
    tri_min: Number = None
    tri_max: Number = None
    priority_min: Number = None
    priority_max: Number = None
    height_min: Number = None
    height_max: Number = None
    volume_min: Number = None
    volume_max: Number = None
    year_min: Number = None
    year_max: Number = None
    could: bool = False
    failed: bool = False
    place: Literal["", "known", "unknown"] = ""

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> "Selection":
        """The selection that an address asks for; BadInput naming the parameter that cannot be read."""
        try:
            chosen = cls.model_validate(
                {key: value for key, value in params.items() if key in cls.model_fields}
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(
                first["msg"], "correct the address", file=str(first["loc"][0]), value=first.get("input")
            ) from error
        chosen._check_classes()
        return chosen

    def _check_classes(self) -> None:
        for names, scale in (
            (self.consequence, CONSEQUENCE),
            (self.computed, CONSEQUENCE),
            (self.toxicity, TOXICITY),
        ):
            for name in names:
                if name != UNRATED:
                    scale.rank(name)
        for name in self.preselection:
            if name not in PRESELECTION:
                known = f"use one of {', '.join(PRESELECTION)}"
                raise UnknownName("is not an answer of the pre-selection", known, value=name)
        for name in self.status:
            if name not in STATUS:
                raise UnknownName("is not a status", f"use one of {', '.join(STATUS)}", value=name)

    def params(self) -> dict[str, str]:
        """The selection as parameters of an address; what is not chosen is left out."""
        given = self.model_dump(exclude_defaults=True)
        return {
            key: ",".join(value)
            if isinstance(value, (tuple, list))
            else ("1" if value is True else f"{value:g}" if isinstance(value, float) else str(value))
            for key, value in given.items()
        }

    def conditions(self, members: Mapping[str, Sequence[str]] | None = None) -> tuple[Condition, ...]:
        """The same as conditions. members: regional group -> ISO3 codes of its States."""
        several = {
            "country_iso3": self.country,
            "status": self.status,
            "commodities": self.commodity,
            "raising_method": self.raising,
            "consequence_class": self.consequence,
            "consequence_at_least": self.computed,
            "toxicity_class": self.toxicity,
            "source_id": self.source,
        }
        found = [
            condition(name, "=", *values, is_could=self.could and fields.field(name).dtype == "class")
            for name, values in several.items()
            if values
        ]
        if self.group:
            states = [iso3 for group in self.group for iso3 in (members or {}).get(group, ())]
            found.append(Condition("country_iso3", "=", tuple(states) or ("-",)))
        if self.owner:
            found.append(condition("owner", "~", self.owner))
        if self.q.strip():
            found.append(Condition(SEARCH, "~", (self.q.strip(),)))
        for name, least, most in (
            ("dam_height_m", self.height_min, self.height_max),
            ("stored_volume_m3", self.volume_min, self.volume_max),
            ("year_start", self.year_min, self.year_max),
        ):
            found += [condition(name, ">=", str(least))] if least is not None else []
            found += [condition(name, "<=", str(most))] if most is not None else []
        found += self._of_indices()
        if self.failed:
            found.append(condition("failure_count", ">=", "1"))
        if self.place:
            found.append(condition("lon", "=" if self.place == "unknown" else "!=", "unknown"))
        return tuple(found)

    def _of_indices(self) -> list[Condition]:
        """Indices with two bounds: certain by the nearer bound, or with `could` by the further one.

        A site that could be examined further could also turn out not to need it: `possible` is either.
        """
        found = []
        for name in ("thi", "tri", "priority"):
            least, most = getattr(self, f"{name}_min"), getattr(self, f"{name}_max")
            low, high = f"{name}_low", f"{name}_high"
            if least is not None:
                found.append(condition(high if self.could else low, ">=", str(least)))
            if most is not None:
                found.append(condition(low if self.could else high, "<=", str(most)))
        if self.preselection:
            also = ("possible",) if self.could else ()
            found.append(condition("preselection", "=", *dict.fromkeys((*self.preselection, *also))))
        return found

    def mask(self, frame: pd.DataFrame, members: Mapping[str, Sequence[str]] | None = None) -> pd.Series:
        """Which rows are shown; boolean on the same index."""
        return mask(frame, self.conditions(members))
