"""The app configuration every kernel app and every domain shares: its rooms are found by their names."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

ROOMS = ("permissions", "policy", "workflow", "events", "lake", "intake", "web.navigation")


class DomainConfig(AppConfig):
    """Loads the rooms that register something with the kernel, so that being installed is all a domain needs."""

    default = False  # an apps.py that imports this class must still have one configuration only: its own
    default_auto_field = "django.db.models.BigAutoField"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.default = True

    def ready(self) -> None:
        for room in ROOMS:
            parent, _, _ = room.rpartition(".")
            if parent and find_spec(f"{self.name}.{parent}") is None:
                continue
            if find_spec(f"{self.name}.{room}") is not None:
                import_module(f"{self.name}.{room}")
