"""Bytes to register: one module per provider, its quirks stay there.

A source module has `RECORD`, a SourceRecord, and `read(path, *, progress=None) -> Reading`, where path is
a file or a folder. Only `fetch` touches the network.
"""

from importlib import import_module
from types import ModuleType

from lithoscope.domain.errors import UnknownName

NAMES: tuple[str, ...] = (
    "anm_sigbm",
    "epa_npl",
    "gem_coal",
    "icold_registry",
    "imtsi",
    "quebec_mines",
    "sernageomin",
    "table",
    "us_nid",
    "usgs_mrds",
    "usgs_usmin",
)
"""Sources of registers: each reads a publisher's file, `table` anybody's."""
OTHERS = ("starter", "dredging", "downstream")
"""What `--source` accepts besides: the register shipped, and results of commands of that name."""


def module(name: str) -> ModuleType:
    """The module of a source, imported when it is first asked for; UnknownName if there is none."""
    if name not in (*NAMES, "starter"):
        raise UnknownName("is not a source", f"use one of {', '.join((*NAMES, *OTHERS))}", value=name)
    return import_module(f"lithoscope.sources.{name}")
