"""The audit trail, for everybody above: ``record`` an act or a look, ``verify`` the chains."""

from yigongti.kernel.audit.selectors import LineView, lines, who_looked
from yigongti.kernel.audit.services import Acting, Fault, Verification, record, verify

__all__ = ["Acting", "Fault", "LineView", "Verification", "lines", "record", "verify", "who_looked"]
