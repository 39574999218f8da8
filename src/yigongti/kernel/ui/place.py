"""The name of the place that is served, as its policy files give it."""

from functools import lru_cache


@lru_cache(maxsize=16)
def place_name(key: str) -> str:
    """The name of a place, such as ``昆山市``; its key when the policy files do not name it."""
    try:
        from yigongti.kernel.policy.api import place
    except ImportError:
        return key
    try:
        return str(place(key).name)
    except (KeyError, LookupError, AttributeError):
        return key
