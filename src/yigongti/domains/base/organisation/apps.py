from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class OrganisationConfig(DomainConfig):
    name = "yigongti.domains.base.organisation"
    label = "organisation"
    verbose_name = _("组织机构")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.base.organisation.selectors import names, under
        from yigongti.kernel.access.api import register_organisation_tree
        from yigongti.kernel.ui.shell import register_organisation_names

        register_organisation_tree(under)
        register_organisation_names(names)
