"""The dashboard; the only layer that knows Streamlit."""
