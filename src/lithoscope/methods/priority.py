"""Screening priority: which sites to look at first. Our own composite, with the user's weights.

Each part is an interval from 0 to 1 (an unknown part spans all of it); the score is their weighted mean.
How stable a rank is comes from drawing weights and values within the intervals, with a seed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from lithoscope.domain import reference
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Draft, Floats, Method, Quantity, flag_where
from lithoscope.methods import abandoned, consequence, tailings_hazard, toxicity

Bounds = tuple[Floats, Floats]


@cache
def parts(layer: Layer) -> tuple[str, ...]:
    """Names of a layer's parts, in the order of the table."""
    rows = reference.load("priority_weights").rows
    return tuple(rows.loc[rows["layer"] == layer, "part"].astype(str))


def default_weights(layer: Layer) -> dict[str, float]:
    """Weight of each part unless the user says otherwise."""
    return dict(_default_weights(layer))


@cache
def _default_weights(layer: Layer) -> tuple[tuple[str, float], ...]:
    rows = reference.load("priority_weights").rows
    rows = rows[rows["layer"] == layer]
    return tuple(zip(rows["part"].astype(str), rows["weight"].astype(float), strict=True))


@cache
def _full_at(layer: Layer, part: str) -> float:
    rows = reference.load("priority_weights").rows
    return float(rows.loc[(rows["layer"] == layer) & (rows["part"] == part), "full_at"].iloc[0])


def _of_method(method: Method, inputs: Inputs, full: float) -> Bounds:
    answer = method.assess(inputs)
    low, high = answer.low_values / full, answer.high_values / full
    return np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 1.0, high)


def _one(methods: tuple[Method, ...], method_id: str) -> Method:
    return next(method for method in methods if method.id == method_id)


def _consequence(inputs: Inputs, full: float) -> Bounds:
    """The graver of the declared class and the class met by criteria."""
    declared = _of_method(_one(consequence.METHODS, "declared_consequence"), inputs, full)
    met = _of_method(_one(consequence.METHODS, "gistm_consequence"), inputs, full)
    return np.maximum(declared[0], met[0]), np.maximum(np.maximum(declared[0], met[0]), declared[1])


def _nearness(name: str) -> Callable[[Inputs, float], Bounds]:
    def part(inputs: Inputs, far: float) -> Bounds:
        near = 1.0 - np.clip(inputs.number(name) / far, 0.0, 1.0)
        return np.where(np.isnan(near), 0.0, near), np.where(np.isnan(near), 1.0, near)

    return part


def _by(methods: tuple[Method, ...], method_id: str) -> Callable[[Inputs, float], Bounds]:
    return lambda inputs, full: _of_method(_one(methods, method_id), inputs, full)


_PARTS: Mapping[str, Callable[[Inputs, float], Bounds]] = {
    "toxicity": _by(toxicity.METHODS, "toxicity_class"),
    "consequence": _consequence,
    "hazard": _by(tailings_hazard.METHODS, "thi_uba2020"),
    "exposure": _by(tailings_hazard.METHODS, "tei_uba2020"),
    "preselection": _by(abandoned.METHODS, "eu_preselection_2011"),
    "settlement": _nearness("settlement_distance_km"),
    "water": _nearness("river_distance_km"),
}


@dataclass(frozen=True)
class Parts:
    """Every site's parts, at least and at most: arrays (sites, parts), 0 to 1."""

    names: tuple[str, ...]
    low: Floats
    high: Floats


def site_parts(inputs: Inputs, layer: Layer) -> Parts:
    """The parts of each site; an unknown part spans 0 to 1."""
    bounds = [_PARTS[name](inputs, _full_at(layer, name)) for name in parts(layer)]
    return Parts(
        parts(layer),
        np.column_stack([each[0] for each in bounds]),
        np.column_stack([each[1] for each in bounds]),
    )


def shares(weights: Mapping[str, float], names: tuple[str, ...]) -> Floats:
    """Weights as shares of one, in the order of the parts.

    Raises BadInput for a weight that is negative or not a number, an unknown part, or a sum of zero.
    """
    if unknown := sorted(set(weights) - set(names)):
        raise BadInput(
            "is not a part of the priority", f"use {', '.join(names)}", column="weights", value=unknown[0]
        )
    values = np.array([float(weights.get(name, 0.0)) for name in names])
    if not np.isfinite(values).all() or (values < 0).any():
        raise BadInput("a weight is negative or not a number", "give weights of 0 or more", column="weights")
    if values.sum() == 0:
        raise BadInput("the weights sum to zero", "give at least one part a weight", column="weights")
    return np.asarray(values / values.sum(), float)


def score(found: Parts, weights: Mapping[str, float]) -> Bounds:
    """Weighted mean of the parts, at least and at most. Raises BadInput for weights that sum to zero."""
    by_part = shares(weights, found.names)
    return found.low @ by_part, found.high @ by_part


@dataclass(frozen=True)
class Stability:
    """How ranks move when weights and unknowns move; one value per site.

    in_first: share of draws in which the site is among the first `first`. mean_rank: 1 is first.
    """

    first: int
    draws: int
    in_first: Floats
    mean_rank: Floats


def rank_stability(
    found: Parts, weights: Mapping[str, float], *, first: int, draws: int, seed: int, spread: float
) -> Stability:
    """Share of draws in which each site is among the first, and its mean rank.

    Each draw takes weights from a Dirichlet distribution around the user's (spread: 1 takes any weights of
    the parts that have one, larger values stay nearer) and each part's value evenly within its interval.
    The same seed gives the same answer. Raises BadInput for weights that sum to zero or no draws.
    """
    if draws < 1 or first < 1 or spread <= 0:
        raise BadInput("draws, first and spread must be positive", "give numbers above 0", column="draws")
    by_part = shares(weights, found.names)
    used = by_part > 0
    low, width = found.low[:, used], (found.high - found.low)[:, used]
    random = np.random.default_rng(seed)
    count = len(low)
    in_first, ranks = np.zeros(count), np.zeros(count)
    for _ in range(draws):
        drawn = random.dirichlet(by_part[used] * spread * used.sum())
        value = (low + width * random.random(low.shape)) @ drawn
        order = np.argsort(-value, kind="stable")
        in_first[order[:first]] += 1
        ranks[order] += np.arange(1, count + 1)
    return Stability(first, draws, in_first / draws, ranks / draws)


def weights_from_text(text: str, layer: Layer) -> dict[str, float]:
    """Weights as a page address holds them, e.g. 'toxicity:2,consequence:1'; absent parts weigh nothing.

    An empty text gives the default weights. Raises BadInput for anything else.
    """
    if not text.strip():
        return default_weights(layer)
    weights: dict[str, float] = {}
    for item in text.split(","):
        name, _, value = item.partition(":")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            raise BadInput(
                "is not a weight", "write part:number,part:number", column="weights", value=item
            ) from None
    shares(weights, parts(layer))
    return weights


def _rule(layer: Layer) -> Callable[[Inputs], Draft]:
    def rule(inputs: Inputs) -> Draft:
        found = site_parts(inputs, layer)
        low, high = score(found, default_weights(layer))
        nothing = ((found.low == 0.0) & (found.high == 1.0)).all(axis=1)
        low, high = np.where(nothing, np.nan, np.round(low, 9)), np.where(nothing, np.nan, np.round(high, 9))
        return Draft(low, high, flag=flag_where(high > low, "precautionary"))

    return rule


def _inputs_of(*methods: Method) -> tuple[tuple[str, ...], tuple[str, ...]]:
    asked = tuple(
        dict.fromkeys(name for method in methods for name in method.asked if not name.endswith("_mg_kg"))
    )
    read = tuple(dict.fromkeys(name for method in methods for name in method.reads if name not in asked))
    return asked, read


def _direction_of(*methods: Method) -> dict[str, int]:
    """A composite that adds up grows with what its parts grow with."""
    return {name: sign for method in methods for name, sign in method.direction.items()}


_OF_FACILITIES = (
    *toxicity.METHODS, *consequence.METHODS[2:4], _one(tailings_hazard.METHODS, "tri_uba2020"),
)  # fmt: skip
_OF_MINES = (*toxicity.METHODS, *abandoned.METHODS)
_FACILITY_INPUTS, _MINE_INPUTS = _inputs_of(*_OF_FACILITIES), _inputs_of(*_OF_MINES)

METHODS: tuple[Method, ...] = (
    Method(
        id="screening_priority",
        title="Screening priority (ours)",
        citation="Ours; not a published method",
        formula="mean of toxicity / 4, consequence / 4, THI-style index / 17 and TEI-style index / 10; "
        "an unknown part spans 0 to 1; the user may change the weights",
        version="1.1",
        layers=("facilities",),
        yields=Quantity("score 0 to 1", 0.0, 1.0),
        rule=_rule("facilities"),
        optional=_FACILITY_INPUTS[0],
        stand_ins=_FACILITY_INPUTS[1],
        direction=_direction_of(*_OF_FACILITIES),
        tables=("priority_weights",),
        is_published=False,
    ),
    Method(
        id="screening_priority_mines",
        title="Screening priority of mines (ours)",
        citation="Ours; not a published method",
        formula="mean of toxicity / 4, pre-selection (0 or 1), nearness of a settlement and of a water "
        "course (1 at the site, 0 at 10 km and beyond); an unknown part spans 0 to 1; the user may change "
        "the weights",
        layers=("mines",),
        yields=Quantity("score 0 to 1", 0.0, 1.0),
        rule=_rule("mines"),
        optional=_MINE_INPUTS[0],
        stand_ins=_MINE_INPUTS[1],
        direction=_direction_of(*_OF_MINES),
        tables=("priority_weights",),
        is_published=False,
    ),
)
