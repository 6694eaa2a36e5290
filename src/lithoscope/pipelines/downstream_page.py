"""What a page shows of one facility's downstream exposure, and the answer in plain words.

Sentences are English msgids with parameters, so that a page can translate them. Numbers are rounded to
what a screening answer can carry: one or two digits.
"""

from typing import Any

import numpy as np

from lithoscope.domain.text import N_
from lithoscope.pipelines.downstream import Downstream
from lithoscope.pipelines.downstream_output import document, footprint_geojson, path_geojson

MOST_POINTS = 1500
Sentence = tuple[str, dict[str, str | int | float]]


def page(result: Downstream) -> dict[str, Any]:
    """Everything that a page needs of one facility, as plain values.

    answer: the document; profile: chainage_km, lon, lat, terrain_m, filled_m, at most MOST_POINTS each;
    deposit_end_km; footprints, path: GeoJSON, the largest area first; words: sentences.
    """
    answer = document(result)
    return {
        "answer": answer,
        "profile": _profile(result),
        "deposit_end_km": result.deposit_end_m / 1000,
        "footprints": footprint_geojson(result),
        "path": path_geojson(result),
        "words": words(answer),
    }


def _profile(result: Downstream) -> dict[str, list[float]]:
    path = result.path
    step = max(1, int(np.ceil(len(path.lon) / MOST_POINTS)))
    keep = np.unique([*range(0, len(path.lon), step), len(path.lon) - 1])
    columns = {
        "chainage_km": path.chainage_m / 1000,
        "lon": path.lon,
        "lat": path.lat,
        "terrain_m": path.height_m,
        "filled_m": path.level_m,
    }
    return {name: np.round(np.asarray(values)[keep], 6).tolist() for name, values in columns.items()}


def words(answer: dict[str, Any]) -> list[Sentence]:
    """The answer as sentences: (msgid with %(name)s places, values); empty if it was not assessed."""
    if answer["runout_km"]["best"] is None:
        return [(N_("This facility was not assessed: %(reason)s."), {"reason": "; ".join(answer["notes"])})]
    return [
        *_deposit(answer),
        *_people(answer["population"], answer["flags"]),
        *_farther(answer),
        *_borders(answer),
        (N_("This is screening, not a breach analysis: it gives no depth, speed or arrival time."), {}),
    ]


def _deposit(answer: dict[str, Any]) -> list[Sentence]:
    run, area = _span(answer["runout_km"]), _span(answer["inundation_km2"])
    sentences: list[Sentence] = [
        (
            N_(
                "If the dam failed, tailings would settle along about %(best)s km of the valley, "
                "between %(low)s and %(high)s."
            ),
            run,
        ),
        (N_("They would cover about %(best)s km2, between %(low)s and %(high)s."), area),
    ]
    if "reached_sea" in answer["flags"]:
        sentences.append((N_("In the worst of these cases they reach the sea."), {}))
    if "reached_lake" in answer["flags"]:
        lake = answer.get("lake")
        sentences.append(
            (N_("In the worst of these cases they reach %(lake)s."), {"lake": lake})
            if lake
            else (N_("In the worst of these cases they reach a lake."), {})
        )
    return sentences


def _farther(answer: dict[str, Any]) -> list[Sentence]:
    """What a river may carry on, which the area and its people do not count."""
    return [
        (
            N_("Water and fines may be carried farther: about %(best)s km, between %(low)s and %(high)s."),
            _span(answer["plume_km"]),
        ),
    ]


def _people(population: dict[str, float | None], flags: list[str]) -> list[Sentence]:
    if population["best"] is None and "population_negative" in flags:
        text = N_("How many people live there is not known: the population grid holds negative values there.")
        return [(text, {})]
    if population["best"] is None:
        return [(N_("How many people live there is not known: no population grid covers the area."), {})]
    sentences: list[Sentence] = [
        (N_("About %(best)s people, between %(low)s and %(high)s, live in that area."), _whole(population))
    ]
    if "population_partial" in flags:
        sentences.append((N_("The population grid does not cover all of it, so there may be more."), {}))
    return sentences


def _borders(answer: dict[str, Any]) -> list[Sentence]:
    countries, at_km = answer["countries"], answer["first_border_km"]
    span = answer.get("first_border_interval_km") or {"low": None, "high": None}
    near = answer.get("may_reach", [])
    if not countries:
        return []
    if len(countries) < 2 or at_km is None:
        if not near:
            return [(N_("The deposit stays in one country."), {})]
        values = {"country": near[0]["country_iso3"], "km": _short(near[0]["at_km"])}
        return [
            (
                N_(
                    "The deposit stays in one country as the terrain shows it, but after %(km)s km it comes "
                    "so near to another, %(country)s, that it may cross there."
                ),
                values,
            )
        ]
    values = {"country": countries[1], "km": _short(at_km)}
    if span["low"] is None:
        return [(N_("Along the path the first other country, %(country)s, is %(km)s km away."), values)]
    values["low"] = _short(span["low"])
    if span["high"] is None:
        sentence = N_(
            "Along the path the first other country, %(country)s, is %(km)s km away, %(low)s km at the "
            "nearest; the terrain is too coarse to say that the path crosses the border at all."
        )
        return [(sentence, values)]
    values["high"] = _short(span["high"])
    sentence = N_(
        "Along the path the first other country, %(country)s, is %(km)s km away, between %(low)s and "
        "%(high)s as far as the terrain can tell."
    )
    return [(sentence, values)]


def _span(values: dict[str, float | None]) -> dict[str, str | int | float]:
    return {case: _short(value or 0.0) for case, value in values.items()}


def _whole(values: dict[str, float | None]) -> dict[str, str | int | float]:
    """People are counted whole."""
    return {case: round(_short(round(value or 0.0))) for case, value in values.items()}


def _short(value: float) -> int | float:
    """Two digits below 10, one or two above: as many as the answer is worth."""
    if value == 0:
        return 0
    digits = 1 - int(np.floor(np.log10(abs(value))))
    rounded = round(value, digits)
    return int(rounded) if rounded >= 10 or rounded == int(rounded) else float(rounded)
