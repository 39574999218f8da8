"""The one exception of the set-up: a sentence a person can act on, shown without a traceback."""


class SetUpFailed(Exception):
    """Setting up stopped; the message says why and what to do."""
