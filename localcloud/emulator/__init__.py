"""The emulator: ministack, started through an entry of ours that adds what a rehearsal must not lack."""
