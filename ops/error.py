"""What a command tells its user, in place of a traceback."""


class OpsError(Exception):
    """What is wrong, and what to do."""
