"""Where the checkout keeps what it ships."""

from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "data"
"""The checkout's own data folder: cited tables, corrections, the starter register."""
