from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class FhirConfig(DomainConfig):
    name = "yigongti.interop.fhir"
    label = "fhir"
    verbose_name = _("FHIR 数据")
