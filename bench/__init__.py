"""The benchmarks behind docs/benchmarks.md: commands, not tests."""
