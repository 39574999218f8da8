"""The screens of fund supervision (facts of the regulation's articles 15, 16, 38, 40), and how they are run."""

from yigongti.domains.money.claims.screens import charges, doubles, stays
from yigongti.domains.money.claims.screens.rules import ClaimRef, Hit, Run, Screen, screens

__all__ = ["ClaimRef", "Hit", "Run", "Screen", "charges", "doubles", "screens", "stays"]
