"""Tables that a keyboard and a screen reader can use: pages of rows, sorted on the server, rows that open.

All text reaches the browser as text. A table sends the rows of one page only, whatever the register's
size; which page, in which order, stands in the address.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, assets
from lithoscope.app.i18n import _, number

ROWS = 25
"""Rows of one page."""
_MOST_PAGES = 1_000_000


@dataclass(frozen=True)
class Column:
    """One column: label, how the row's value is written, and the field that sorts it ("" if none does).

    A writer gives text, or a mapping: t (text), c (colour of a mark), sub (small second line),
    href (link that opens a new tab), dim (set back).
    """

    label: str
    write: Callable[[Any], str | dict[str, Any]]
    sort: str = ""
    align: str = ""
    help: str = ""


def sites(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    reads: Sequence[str],
    caption: str,
    sort: str,
    key: str,
) -> None:
    """The rows of one page of sites; a row opens the site as a panel (`site` in the address).

    reads: fields that the columns' writers read. sort: the field to sort by unless the address says
    otherwise, with "-" before it for falling.
    """
    sortable = [each.sort for each in columns if each.sort]
    sort = address.get("sort", sort, [*sortable, *(f"-{name}" for name in sortable)])
    pages = max(1, -(-len(frame) // ROWS))
    page = min(address.whole_number("page", 1, _MOST_PAGES), pages)
    first = (page - 1) * ROWS
    shown = frame.loc[in_order(frame, sort)[first : first + ROWS], ["site_id", *reads]]
    ids = shown["site_id"].astype(str).tolist()
    opened, quiet = address.get("site"), _quiet_words()
    rows = [
        {
            "id": site_id,
            "href": address.link("site", site=site_id),
            "selected": bool(site_id) and site_id == opened,
            "cells": [_set_back(column.write(row), quiet) for column in columns],
        }
        for site_id, row in zip(ids, shown.itertuples(index=False), strict=True)
    ]
    _draw(
        columns,
        rows,
        caption=caption,
        hide_caption=True,
        key=key,
        sort=sort,
        pages=_pages(page, pages, first, len(shown), len(frame)) if pages > 1 else None,
    )


def in_order(frame: pd.DataFrame, sort: str) -> pd.Index:
    """The frame's index sorted by a field; missing last, ties in the frame's own order."""
    name = sort.removeprefix("-")
    if name not in frame.columns:
        return frame.index
    column = frame[name]
    if isinstance(column.dtype, pd.StringDtype):
        column = column.str.casefold()
    return column.sort_values(ascending=not sort.startswith("-"), kind="stable").index


def _pages(page: int, pages: int, first: int, shown: int, total: int) -> dict[str, Any]:
    text = _("{first} to {last} of {total}").format(
        first=number(first + 1), last=number(first + shown), total=number(total)
    )
    return {
        "label": _("Pages of the table"),
        "text": text,
        "former": _("Previous"),
        "former_page": page - 1 if page > 1 else None,
        "next": _("Next"),
        "next_page": page + 1 if page < pages else None,
    }


def plain(
    headings: Sequence[str],
    cells: Sequence[Sequence[Any]],
    *,
    caption: str,
    key: str,
    ends: Sequence[int] = (),
    hide_head: bool = False,
    hide_caption: bool = True,
    widths: Sequence[int] = (),
) -> None:
    """A table of what is given. ends: positions of columns that hold numbers; widths: per cent of each.

    hide_head, hide_caption: for screen readers only, where a heading above says it already.
    """
    columns = [
        Column(label, str, align="end" if position in ends else "") for position, label in enumerate(headings)
    ]
    quiet = _quiet_words()
    rows = [{"cells": [_set_back(cell, quiet) for cell in row]} for row in cells]
    _draw(
        columns,
        rows,
        caption=caption,
        key=key,
        hide_head=hide_head,
        hide_caption=hide_caption,
        widths=list(widths) or None,
    )


def _quiet_words() -> frozenset[str]:
    return frozenset((_("unknown"), _("unrated")))


def choices(
    headings: Sequence[str],
    cells: Mapping[str, Sequence[Any]],
    *,
    page: str,
    name: str,
    caption: str,
    key: str,
    ends: Sequence[int] = (),
) -> None:
    """A table whose rows choose: the row's key becomes the value `name` of the page's address.

    cells: key -> cells of its row, the first one being the link.
    """
    columns = [
        Column(label, str, align="end" if position in ends else "") for position, label in enumerate(headings)
    ]
    chosen = address.get(name).split(",")
    rows = [
        {
            "id": each,
            "href": address.link(page, **{name: each}),
            "selected": each in chosen,
            "cells": list(row),
        }
        for each, row in cells.items()
    ]
    _draw(columns, rows, caption=caption, hide_caption=True, key=key, opens=name)


def _set_back(cell: Any, quiet: frozenset[str]) -> Any:
    """The cell; what is unknown is written in a quieter colour, never left out."""
    return {"t": cell, "dim": True} if isinstance(cell, str) and cell in quiet else cell


def _draw(
    columns: Sequence[Column],
    rows: list[dict[str, Any]],
    *,
    caption: str,
    key: str,
    opens: str = "site",
    **more: Any,
) -> None:
    heads = [
        {"label": each.label, "sort": each.sort, "align": each.align, "help": each.help} for each in columns
    ]
    assets.component("table")(
        key=key,
        data={"caption": caption, "columns": heads, "rows": rows, **more},
        on_open_change=lambda: _changed(key, "open", opens),
        on_sort_change=lambda: _changed(key, "sort", "sort"),
        on_page_change=lambda: _changed(key, "page", "page"),
    )


def _changed(key: str, trigger: str, name: str) -> None:
    value = st.session_state[key].get(trigger)
    if value is None:
        return
    if name == "sort":
        address.put(sort=str(value), page=None)
    elif trigger == "open" and name != "site":
        address.put(page=None, **{name: str(value)})
    else:
        address.put(**{name: str(value)[:300]})
