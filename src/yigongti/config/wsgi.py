"""The WSGI application granian serves (WSGI on purpose: see docs/adr)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")

application = get_wsgi_application()
