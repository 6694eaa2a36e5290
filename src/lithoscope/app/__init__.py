"""The dashboard: Streamlit only here."""

from streamlit.runtime.pages_manager import PagesManager

# A folder named pages/ beside the main script is taken by Streamlit for its older kind of many-page app,
# until st.navigation has run once; the first visitor's deep link would open a bare page. Ours are functions.
PagesManager.uses_pages_directory = False
