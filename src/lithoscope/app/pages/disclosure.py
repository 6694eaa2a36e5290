"""Disclosure: who says what of tailings facilities, what is not said, and letters that ask for it."""

import pandas as pd
import streamlit as st

from lithoscope.app import address, asking, cached, charts, i18n, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.pipelines import disclosure

LEAD = N_(
    "How many of the 20 questions of the Investor Mining and Tailings Safety Initiative are answered by "
    "anyone: the owner, an authority or a survey. What is left open is a gap in what is public, not a "
    "judgement of the site."
)
BY = {"owner": N_("Owners"), "country_iso3": N_("States"), "un_group": N_("Regional groups")}
SHOWN = 200


def page() -> None:
    """The page."""
    widgets.title(_("Disclosure"), _(LEAD))
    by, who = asking.chosen(BY)
    every = cached.facilities()
    facilities = every if who is None else every[disclosure.key_of(every, by) == who]
    if who is not None:
        widgets.heading(asking.name(by, who))
        widgets.page_link("disclosure", _("Back to all"), by=by)
    if facilities.empty:
        widgets.note(_("No site is selected."))
        return
    _figures(facilities)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        _questions(facilities)
    with right:
        asking.most_wanted(facilities, f"{by}:{who}")
        if who is not None and by != "un_group":
            asking.offer_letters(facilities, asking.addressee(by, who))
    if who is None:
        _groups(every, by)
    else:
        _open(facilities)


def _figures(facilities: pd.DataFrame) -> None:
    share = i18n.percent(disclosure.gap_share(facilities))
    owners = facilities["owner"].nunique()
    widgets.figures(
        (i18n.number(len(facilities)), ngettext("tailings facility", "tailings facilities", len(facilities))),
        (share, _("of the 20 questions answered")),
        (i18n.number(owners), ngettext("owner named", "owners named", owners)),
        (i18n.number(facilities["owner"].isna().sum()), _("facilities without a named owner")),
    )


def _questions(facilities: pd.DataFrame) -> None:
    said = disclosure.answered(facilities).mean()
    column = "question_fr" if i18n.language() == "fr" else "question"
    asked = disclosure.questions().set_index("number")[column]
    words = {str(number): f"{number} {asked[number]}" for number in said.index}
    shares = {str(number): float(share) for number, share in said.items()}
    charts.bars(shares, _("How often each question is answered"), key="d:questions", words=words, share=True)


def _groups(facilities: pd.DataFrame, by: str) -> None:
    table = disclosure.by_group(facilities, by)
    widgets.heading(_("Who says what, the least complete first"))
    if len(table) > SHOWN:
        note = _("The {n} with the most facilities are listed, of {total}.")
        widgets.note(note.format(n=i18n.number(SHOWN), total=i18n.number(len(table))))
        kept = table.nlargest(SHOWN, "facilities").index
        table = table.loc[table.index.isin(kept)]
    heads = [_(BY[by]), _("Facilities"), _("Answered, of 20"), _("Least"), _("Most")]
    cells = {
        f"{by}:{row.group}": [
            asking.name(by, row.group),
            i18n.number(row.facilities),
            *(i18n.percent(each) for each in (row.complete, row.least, row.most)),
        ]
        for row in table.itertuples(index=False)
    }
    tables.choices(
        heads, cells, page="disclosure", name="of", caption=_("Disclosure"), key="d:groups", ends=(1, 2, 3, 4)
    )


def _open(facilities: pd.DataFrame) -> None:
    rows = disclosure.open_questions(facilities)
    widgets.heading(_("What each facility leaves open"))
    tables.plain(
        [_("Name"), _("Open questions"), _("Their numbers")],
        [
            [
                {"t": name, "href": address.link("site", site=site_id)},
                i18n.number(len(numbers)),
                ", ".join(str(number) for number in numbers),
            ]
            for site_id, name, numbers in rows[:SHOWN]
        ],
        caption=_("Open questions"),
        key="d:open",
        ends=(1,),
    )
