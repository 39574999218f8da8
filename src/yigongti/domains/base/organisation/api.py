"""The organisation domain, for everybody else: the directory and the dated tree.

Every read takes ``on``, a day (today when left out), and gives back frozen OrganisationViews or plain ids.
"""

from yigongti.domains.base.organisation.directory import AmbiguousOrganisation, OrganisationView
from yigongti.domains.base.organisation.selectors import (
    by_key,
    change_days,
    find,
    get,
    get_many,
    institution_tier,
    institutions,
    names,
    organisations,
    path,
    root,
    search,
    tier_spans,
    under,
)
from yigongti.domains.base.organisation.services.loading import LoadReport, NoPlan, load_place

__all__ = [
    "AmbiguousOrganisation",
    "LoadReport",
    "NoPlan",
    "OrganisationView",
    "by_key",
    "change_days",
    "find",
    "get",
    "get_many",
    "institution_tier",
    "institutions",
    "load_place",
    "names",
    "organisations",
    "path",
    "root",
    "search",
    "tier_spans",
    "under",
]
