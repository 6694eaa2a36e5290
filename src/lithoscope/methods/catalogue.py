"""Every method, in the order in which a site's classes are shown."""

from functools import cache

from lithoscope.domain.errors import BadMethod, UnknownName
from lithoscope.domain.fields import Layer
from lithoscope.domain.method import Method
from lithoscope.methods import (
    abandoned,
    acid,
    completeness,
    consequence,
    contamination,
    priority,
    reuse,
    substances,
    tailings_hazard,
    toxicity,
)


@cache
def all_methods() -> tuple[Method, ...]:
    """All methods; BadMethod if two share an id."""
    methods = (
        *toxicity.METHODS,
        *consequence.METHODS,
        *tailings_hazard.METHODS,
        *abandoned.METHODS,
        *priority.METHODS,
        *acid.METHODS,
        *contamination.METHODS,
        *substances.METHODS,
        *reuse.METHODS,
        *completeness.METHODS,
    )
    ids = [method.id for method in methods]
    if twice := {each for each in ids if ids.count(each) > 1}:
        raise BadMethod(f"two methods are named {sorted(twice)[0]}")
    return methods


@cache
def of_layer(layer: Layer) -> tuple[Method, ...]:
    """Methods that apply to a layer."""
    return tuple(method for method in all_methods() if layer in method.layers)


def method(method_id: str) -> Method:
    """The method of that id; UnknownName if there is none."""
    for each in all_methods():
        if each.id == method_id:
            return each
    raise UnknownName("is not a method", "see the Methods page for the names", value=method_id)
