"""Django's start-up check: a mistake in a policy file stops the start with its file and line."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from yigongti.kernel.policy.loader import problems
from yigongti.kernel.policy.parameters import declared


@register("policy")
def policy_files_are_sound(**_: Any) -> list[CheckMessage]:
    return [Error(str(problem), id="policy.E001") for problem in problems(settings.POLICIES, declared())]
