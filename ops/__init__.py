"""Commands around a stack: `python -m ops`."""
