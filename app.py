"""Entry: `streamlit run app.py` serves pages, map tiles, JSON and health from one process."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("lithoscope") is None:  # only requirements.txt was installed
    sys.path.insert(0, str(Path(__file__).parent / "src"))

import streamlit as st

from lithoscope.app import serving

app = st.App(
    Path(__file__).parent / "src" / "lithoscope" / "app" / "main.py",
    routes=serving.ROUTES,
    middleware=serving.MIDDLEWARE,
    lifespan=serving.lifespan,
)
