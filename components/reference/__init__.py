"""The reference of the components, written from their docstrings: docs/components.md."""
