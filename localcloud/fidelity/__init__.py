"""How far the local cloud is to be trusted: what of each property comes to its APIs, is told back, and does something.

`python -m localcloud fidelity` writes docs/fidelity.md from what the providers declare, from measured.json, which
`--measure` writes, and from effects.yaml, which names the test of each effect.
"""
