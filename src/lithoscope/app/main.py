"""Streamlit runs this file from the top for each viewer and each change."""

from lithoscope.app import serving

serving.loaded("shell").run()
