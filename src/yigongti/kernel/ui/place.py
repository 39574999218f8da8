"""The name of the place that is served, as its policy files give it."""

from django.conf import settings
from django.utils.translation import gettext as _

from yigongti.kernel.policy.api import place


def place_name() -> str:
    """The name of the place in the language of the page, such as 昆山市; its key when no policy file names it."""
    try:
        return str(place(settings.PLACE))
    except LookupError:
        return str(settings.PLACE)


def consortium_name() -> str:
    """What the platform calls itself in the top bar: the place and the consortium."""
    return _("%(place)s医共体") % {"place": place_name()}
