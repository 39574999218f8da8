from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class BooksConfig(DomainConfig):
    name = "yigongti.domains.money.books"
    label = "books"
    verbose_name = _("账务")
