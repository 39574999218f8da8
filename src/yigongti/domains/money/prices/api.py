"""Prices of medical services, for everybody else."""

from yigongti.domains.money.prices.formulas import Quantity
from yigongti.domains.money.prices.selectors import item_names, price_at, register_usage

__all__ = ["Quantity", "item_names", "price_at", "register_usage"]
