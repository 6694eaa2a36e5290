"""Bytes to register: one module per provider, its quirks stay there."""
