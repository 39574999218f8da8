from yigongti.domains.money.claims.models.lines import ChargeLine

__all__ = ["ChargeLine"]
