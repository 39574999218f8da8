"""The house's rules that imports can't show: no foreign key points up a tier, cases and scoped rows are guarded."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import Model

from yigongti.config.tree import TIERS
from yigongti.kernel.access.api import ScopedModel
from yigongti.kernel.workflow.api import CaseModel
from yigongti.kernel.workflow.models import ONLY_BY_STEP


def tier_of(model: type[Model]) -> int | None:
    """How high a model stands; None for models of the libraries, which everybody may point at."""
    for height, tier in enumerate(TIERS):
        if model.__module__.startswith("yigongti." + tier.replace("/", ".") + "."):
            return height
    return None


def upward_keys(models: Iterable[type[Model]]) -> list[CheckMessage]:
    """An error for each foreign key from a lower tier to a higher one."""
    found: list[CheckMessage] = []
    for model in models:
        here = tier_of(model)
        for field in model._meta.get_fields():
            target: Any = field.related_model if field.is_relation and field.concrete else None
            there = tier_of(target) if isinstance(target, type) else None
            if here is not None and there is not None and there > here:
                found.append(
                    Error(f"{model.__name__}.{field.name} points up to {target.__name__}", obj=model, id="house.E001")
                )
    return found


def unguarded(models: Iterable[type[Model]]) -> list[CheckMessage]:
    """An error for each case whose table has no state guard, and each scoped model that doesn't say its scope."""
    found: list[CheckMessage] = []
    for model in models:
        if issubclass(model, CaseModel) and ONLY_BY_STEP not in getattr(model._meta, "triggers", []):
            found.append(Error(f"{model.__name__}.Meta must extend CaseModel.Meta", obj=model, id="house.E002"))
        if issubclass(model, ScopedModel):
            names = {field.attname for field in model._meta.concrete_fields}
            scope = model.scope_fields() if hasattr(model, "scope_field") else ()
            if not scope or any(name.split("__")[0].removesuffix("_id") + "_id" not in names for name in scope):
                found.append(Error(f"{model.__name__} must name its scope_field", obj=model, id="house.E003"))
    return found


@register("house")
def check_house(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Run over every installed model."""
    models = list(apps.get_models())
    return [*upward_keys(models), *unguarded(models)]
