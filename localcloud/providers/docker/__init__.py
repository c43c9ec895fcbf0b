"""The `docker` provider: images built with this machine's Docker and pushed to the emulator's registry."""
