"""Registers FHIR bundles with intake."""

from yigongti.interop.fhir import reasons  # noqa: F401 - declares the reasons
from yigongti.interop.fhir.bundles import BundleFormat
from yigongti.kernel.intake.api import register_format

register_format(BundleFormat())
