from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class OrganisationConfig(DomainConfig):
    name = "yigongti.domains.base.organisation"
    label = "organisation"
    verbose_name = _("组织机构")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.base.organisation.selectors import under
        from yigongti.kernel.access.api import register_organisation_tree

        register_organisation_tree(under)
