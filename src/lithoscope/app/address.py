"""What a page shows stands in its address: reading it, changing it, linking to it.

Widgets are set from the address before they are drawn and write to it when they change, so that a link
reopens the same view and the browser's Back undoes one step. Nothing else holds a page's state.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from lithoscope.app import i18n
from lithoscope.app.i18n import _
from lithoscope.domain.errors import BadInput
from lithoscope.pipelines.query import Selection

ANY = "any"
"""Value of a filter that lifts the page's own default, such as `status=any` on the page of mines."""
VIEW = ("page", "sort", "site")
"""Parts of the address that speak of the former selection and fall with it."""


def get(name: str, default: str = "", allowed: tuple[str, ...] | list[str] = ()) -> str:
    """One value of the address; the default where it is absent or not among those allowed."""
    value = st.query_params.get(name, default)[:500]
    return value if not allowed or value in allowed else default


def whole_number(name: str, default: int, most: int) -> int:
    """A number from 1 to `most` of the address."""
    text = get(name)
    return min(int(text), most) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else default


def put(**values: str | None) -> None:
    """Change values of the address in one step; None or an empty value takes one out."""
    params = dict(st.query_params)
    for name, value in values.items():
        if value:
            params[name] = value
        else:
            params.pop(name, None)
    if params != dict(st.query_params):
        st.query_params.from_dict(params)


def hold(key: str, value: object) -> str:
    """The key of a widget that is about to be drawn, its state set to what the address says.

    After a change of language the same value is set again: the browser then shows its new words.
    """
    spoken = st.session_state.setdefault("spoken", {})
    known = key in st.session_state and st.session_state[key] == value
    if not known or spoken.get(key) != i18n.language():
        st.session_state[key] = value
        spoken[key] = i18n.language()
    return key


def selection(defaults: Mapping[str, str] | None = None) -> Selection:
    """What the address selects; `defaults` hold for filters that it does not name.

    An address that cannot be read is told to the reader, and selects what the defaults do.
    """
    params = {**(defaults or {}), **dict(st.query_params)}
    params = {name: value for name, value in params.items() if value != ANY}
    try:
        return Selection.from_params(params)
    except BadInput as error:
        st.warning(
            _("Part of this address cannot be read, so its filters were left out.")
            + f" `{error.file or error.value}`"
        )
        return Selection.from_params(dict(defaults or {}))


def choose(selected: Selection, defaults: Mapping[str, str] | None = None) -> None:
    """Write a selection to the address; the page starts again at the first row, no site open."""
    params = selected.params()
    for name, value in (defaults or {}).items():
        if name not in params:
            params[name] = ANY
        elif params[name] == value:
            del params[name]
    cleared = dict.fromkeys((*Selection.model_fields, *VIEW))
    put(**{**cleared, **params})


def link(page: str, **params: str) -> str:
    """The address of a page, relative to any other page, in the reader's language."""
    return f"{page}?" + urlencode({**params, "lang": i18n.language()}, safe=":,")
