"""The native API: one file per noun."""
