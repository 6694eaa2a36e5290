"""Laws that every method keeps, over generated tables: the same tests for all; none is spared."""

import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lithoscope import methods as methods_package
from lithoscope.domain import fields
from lithoscope.domain.inputs import answers, ranges
from lithoscope.domain.method import EVIDENCE, Method, Quantity
from lithoscope.methods import catalogue

ROWS = 50
COUNTS_ANSWERS = {"disclosure_20_questions"}
"""Counting what is answered, an empty row has the answer nought: it is known that nothing is said."""
SPEAKS_OF_WHAT_IS_KNOWN = {"pollution_load_tomlinson1980", "reuse_worth"}
"""A mean over the substances measured, and a sum that counts the unknown as nothing: both are flagged so."""
WITHOUT_DIRECTION = {
    "disclosure_20_questions",  # counts whether a question is answered, whatever the answer
}
INFERRED_FROM = (
    "commodities",
    "process",
    "toxicity_declared_raw",
    "consequence_class",
    "has_cyanide",
    "waste_height_m",
)
"""What is inferred from these, or said by others, may be off or contradict a measured value drawn apart."""
RIVALS = (
    "par_low_persons",
    "par_high_persons",
    "par_raw",
    "consequence_class_high",
    "anc_kg_t",
    "neutralisation_potential_kg_t",
    "capacity_m3",
    "stored_volume_m3",
    "year_start",
    "year_end",
)
"""Stand-ins that say the same thing as a better column; content, features and the like stay."""
EXTRA = {
    "commodities": [
        "gold",
        "lead; zinc",
        "iron",
        "sand",
        "uranium; gold",
        "unobtainium",
        "copper",
        "mercury",
    ],
    "process": ["cyanide", "gravity", "flotation; cyanide", "amalgam", "leach"],
    "par_raw": ["1-100", "acima de 5001", "inexistente", "many"],
    "toxicity_declared_raw": ["Classe II B", "Classe I - Perigosos", "01 03 04*", "odd"],
    "features": ["tailings; shaft", "adit"],
    "consequence_class_raw": ["Alta"],
    "classification_system": ["CDA"],
}
METHODS = catalogue.all_methods()
law = settings(max_examples=5, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def values_of(name, random, count):
    """Plausible values of a field, no gaps."""
    each = fields.field(name)
    if each.dtype in ("text", "list", "date"):
        pool = EXTRA.get(name) or list(each.allowed) or list(answers().get(name, ("some text",)))
        return random.choice(np.array(pool, dtype=object), count)
    if each.dtype == "boolean":
        return random.random(count) < 0.5
    if each.dtype == "class":
        return random.choice(np.array(each.allowed, dtype=object), count)
    low, high, unit_below = ranges().get(name, (0.0, 1e6, 0.0))
    if name == "dry_density_t_m3":
        return random.uniform(1.3, 1.8, count)  # the range that stands in for it
    floor = max(unit_below, low, 1e-3)
    top = min(high, max(float(a) for a in answers()[name]) * 5 if name in answers() else high, 1e9)
    if each.dtype == "integer":
        return random.integers(int(low), int(min(top, 3 if name == "water_hazard_class" else top)) + 1, count)
    drawn = 10 ** random.uniform(np.log10(floor), np.log10(top), count)
    special = random.choice([low, 1.0, 10.0, 100.0, 1000.0], count)
    special = np.where((special > 0) & (special < floor), floor, np.minimum(special, top))
    return np.where(random.random(count) < 0.25, special, drawn)


def make_table(method, seed, *, gaps=0.5):
    random = np.random.default_rng(seed)
    columns = {}
    for name in method.reads:
        column = pd.Series(values_of(name, random, ROWS)).astype(fields.dtype_of(name))
        columns[name] = column.mask(pd.Series(random.random(ROWS) < gaps * random.random()))
    return pd.DataFrame(columns)


def without_stand_ins(method, table, also=()):
    """The table without columns that stand in for a better one: drawn apart, they contradict it."""
    rivals = [name for name in method.stand_ins if name in RIVALS]
    names = [name for name in (*rivals, *also) if name in table]
    return table.assign(
        **{name: pd.Series([None] * len(table), dtype=fields.dtype_of(name)) for name in names}
    )


def bounds(found):
    return found.low_values, found.best_values, found.high_values


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.id)
class TestLaws:
    @law
    @given(seed=seeds)
    def test_low_best_high_in_order_and_missing_together(self, method, seed):
        found = method(make_table(method, seed))
        low, best, high = bounds(found)
        rated = ~np.isnan(low)
        assert (rated == ~np.isnan(high)).all()
        assert np.isnan(best[~rated]).all()
        has_best = ~np.isnan(best)
        assert (low[rated] <= high[rated]).all()
        assert (low[has_best] <= best[has_best]).all()
        assert (best[has_best] <= high[has_best]).all()
        assert ((found.evidence == "missing").to_numpy() == ~rated).all()
        if not isinstance(method.yields, Quantity):
            assert np.isin(low[rated], range(len(method.yields.levels))).all()

    @law
    @given(seed=seeds)
    def test_monotone_in_every_input_in_the_stated_direction(self, method, seed):
        table = make_table(method, seed)
        random = np.random.default_rng(seed + 1)
        before = method(table)
        for name, direction in method.direction.items():
            raised = table.copy()
            each = fields.field(name)
            fresh = pd.Series(values_of(name, random, ROWS)).astype(fields.dtype_of(name))
            if each.dtype == "class":
                is_more = fresh.cat.codes > table[name].cat.codes
            else:
                is_more = (fresh.astype("float64") > table[name].astype("float64")).fillna(False)
            raised[name] = table[name].mask(table[name].notna() & is_more.astype(bool), fresh)
            after = method(raised)
            for one, other in zip(bounds(before), bounds(after), strict=True):
                both = ~np.isnan(one) & ~np.isnan(other)
                change = (other[both] - one[both]) * direction
                assert (change >= -1e-9 * np.maximum(1, np.abs(one[both]))).all(), name

    @law
    @given(seed=seeds)
    def test_more_knowledge_never_widens_the_interval(self, method, seed):
        table = without_stand_ins(method, make_table(method, seed))
        random = np.random.default_rng(seed + 2)
        before = method(table).width()
        for name in method.asked:
            fresh = pd.Series(values_of(name, random, ROWS)).astype(fields.dtype_of(name))
            known = table.assign(**{name: table[name].where(table[name].notna(), fresh)})
            after = method(known).width()
            wider = after > before + 1e-9
            assert not wider.any(), (name, known[wider].iloc[0].dropna().to_dict())

    def test_unknown_is_unrated_and_never_the_lowest(self, method):
        empty = pd.DataFrame(
            {name: pd.Series([None] * 3, dtype=fields.dtype_of(name)) for name in method.reads}
        )
        for table in (empty, pd.DataFrame(index=range(3))):
            found = method(table)
            if method.id in COUNTS_ANSWERS:
                assert (found.best == 0).all()
                continue
            assert found.low.isna().all()
            assert found.high.isna().all()
            assert found.best.isna().all()
            assert (found.evidence == "missing").all()
            assert found.missing_at(0) == list(method.asked)

    @law
    @given(seed=seeds)
    def test_a_gap_leaves_open_what_the_value_would_have_said(self, method, seed):
        if method.id in SPEAKS_OF_WHAT_IS_KNOWN:
            return
        table = without_stand_ins(method, make_table(method, seed, gaps=0.3), INFERRED_FROM)
        known = method(table)
        for name in method.direction:
            without = method(table.assign(**{name: pd.Series([None] * ROWS, dtype=fields.dtype_of(name))}))
            high = np.where(np.isnan(without.high_values), np.inf, without.high_values)
            low = np.where(np.isnan(without.low_values), -np.inf, without.low_values)
            rated = ~np.isnan(known.low_values)
            assert (high[rated] >= known.high_values[rated] - 1e-9).all(), name
            assert (low[rated] <= known.low_values[rated] + 1e-9).all(), name

    @law
    @given(seed=seeds)
    def test_row_order_index_and_dtype_of_the_caller_do_not_matter(self, method, seed):
        table = make_table(method, seed)
        kept = table.copy(deep=True)
        found = method(table)
        pd.testing.assert_frame_equal(table, kept)
        order = np.random.default_rng(seed).permutation(ROWS)
        moved = table.iloc[order].set_axis([f"r{position}" for position in range(ROWS)])
        moved = moved[moved.columns[::-1]].assign(something_else="x")
        again = method(moved)
        assert (again.index == moved.index).all()
        for one, other in zip(bounds(found), bounds(again), strict=True):
            np.testing.assert_array_equal(one[order], other)
        np.testing.assert_array_equal(found.flag[order], again.flag)
        np.testing.assert_array_equal(found.missing[order], again.missing)
        as_objects = method(table.astype(object))
        np.testing.assert_array_equal(found.low_values, as_objects.low_values)

    @law
    @given(seed=seeds)
    def test_what_rests_on_computed_values_is_modelled_at_best_and_otherwise_the_same(self, method, seed):
        table = make_table(method, seed)
        found = method(table)
        computed = method(table.assign(computed_fields=method.reads[-1]))
        other = method(table.assign(computed_fields="mmsi"))
        assert (computed.evidence_codes >= found.evidence_codes).all()
        rated = ~np.isnan(found.low_values)
        assert not computed.evidence[rated].isin(["reported", "measured"]).any()
        assert (other.evidence_codes == found.evidence_codes).all()
        for one, again in zip(bounds(found), bounds(computed), strict=True):
            np.testing.assert_array_equal(one, again)

    def test_it_states_what_users_must_see(self, method):
        assert method.version
        assert len(method.citation) > 10
        assert len(method.formula) > 10
        assert set(method.direction) <= set(method.reads)
        if not method.is_published:
            assert "ours" in (method.citation + method.note).lower() or "our own" in method.note
        for table in method.tables:
            assert table in fields_tables()


def fields_tables():
    from lithoscope.domain import reference

    return reference.names()


def test_impossible_values_are_flagged_and_never_classed():
    for method in METHODS:
        for name in method.asked:
            if fields.field(name).dtype != "number" or name in ("lon", "lat"):
                continue
            for value in (-1.0, np.inf):
                found = method(pd.DataFrame({name: [value]}))
                assert "impossible_value" in found.flags_at(0), (method.id, name, value)
                if method.id not in COUNTS_ANSWERS:
                    assert np.isnan(found.low_values).all(), (method.id, name)


def test_text_in_a_column_of_numbers_is_refused_with_column_count_and_example():
    from lithoscope.domain.errors import BadColumn

    with pytest.raises(BadColumn, match=r"lead_mg_kg: about 5: 1 of 2 values are not numbers"):
        catalogue.method("toxicity_class")(pd.DataFrame({"lead_mg_kg": ["3", "about 5"]}))


def test_evidence_is_a_closed_list():
    assert set(EVIDENCE) == {"reported", "measured", "modelled", "inferred", "assumed", "missing"}


def test_no_method_escapes_these_laws():
    """Every Method that a module of `methods` makes is in the catalogue, and every exception is named."""
    made = {}
    for each in pkgutil.iter_modules(methods_package.__path__):
        module = importlib.import_module(f"{methods_package.__name__}.{each.name}")
        for value in vars(module).values():
            several = value if isinstance(value, (tuple, list)) else (value,)
            made |= {id(one): one for one in several if isinstance(one, Method)}
    assert {one.id for one in made.values()} == {method.id for method in METHODS}
    assert {method.id for method in METHODS} >= COUNTS_ANSWERS | SPEAKS_OF_WHAT_IS_KNOWN


def test_every_input_that_is_asked_for_has_a_direction_or_a_reason_for_none():
    """A number or class without a stated direction escapes the law of order, so each is named here."""
    for method in METHODS:
        kinds = {name: fields.field(name).dtype for name in method.asked}
        ordered = {name for name, kind in kinds.items() if kind in ("number", "integer", "class", "boolean")}
        free = ordered - set(method.direction)
        if method.id in WITHOUT_DIRECTION:
            assert free, f"{method.id} needs no exception any more"
        else:
            assert not free, (method.id, free)


def test_ids_are_unique_and_every_layer_has_methods():
    ids = [method.id for method in METHODS]
    assert len(ids) == len(set(ids)) > 30
    assert catalogue.of_layer("facilities")
    assert catalogue.of_layer("mines")
