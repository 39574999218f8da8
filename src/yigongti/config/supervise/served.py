"""The WSGI application as granian's processes load it: each ends at once when the process that made it is gone."""

import ctypes
import signal
import sys

if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

from yigongti.config.wsgi import application

__all__ = ["application"]
