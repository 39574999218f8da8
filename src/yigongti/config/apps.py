from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Brings the checks of the house's own rules into ``check``."""

    name = "yigongti.config"
    label = "house"

    def ready(self) -> None:
        from yigongti.config import rules  # noqa: F401
