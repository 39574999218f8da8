"""The WSGI application granian serves (WSGI on purpose: see docs/adr)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yigongti.config.settings")

application = get_wsgi_application()

# What was loaded lives as long as the process: the collector need not go over it again, nor look for cycles after every
# few hundred of the objects that a page makes and drops.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
