"""What stays are billed for, line by line: days in bed, tests, operations, medicines. Some bills are wrong.

The lines of a bill come to its total, to the fen. Visits and purchases have no lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from yigongti.simulation.draws import MILLION, Draws, Table
from yigongti.simulation.place import LEVELS

FEW = 5  # shorter stays are not drawn out
_LINE = ("claim_no", "person", "start", "day", "item_code", "item_name", "category", "quantity", "price", "amount",
         "pay_class")  # fmt: skip


class Charges:
    """The catalogue of ``charges.yaml``. Prices and amounts in fen."""

    def __init__(self) -> None:
        said = yaml.safe_load((Path(__file__).parent / "charges.yaml").read_text("utf-8"))
        self.daily: list[dict[str, Any]] = said["daily"]
        self.once: list[dict[str, Any]] = said["once"]
        self.operated: list[dict[str, Any]] = said["operated"]
        self.further: list[dict[str, Any]] = said["further"]
        self.medicine: dict[str, Any] = said["medicine"]
        self.over_percent: int = said["over_percent"]
        self.swapped: dict[str, str] = said["swapped"]
        self.kinds = ["", *said["misdeeds"]]
        chances = list(said["misdeeds"].values())
        self._misdeeds = Table([MILLION - sum(chances), *chances])

    def priced(self) -> list[tuple[str, str, str, dict[str, int]]]:
        """Items that have a price: code, name, unit, fen by level."""
        return [
            (item["code"], item["name"], unit, {level: yuan * 100 for level, yuan in item["price"].items()})
            for unit, items in (("日", self.daily), ("次", self.once))
            for item in items
        ]

    def of(self, stays: pl.DataFrame, draws: Draws) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The lines of the stays (claim_no, person, start, days, level, total, operated), and which bills are wrong
        (claim_no, misdeed)."""
        kind = np.array(self.kinds)[draws.pick(self._misdeeds, n=stays.height)]
        bills = stays.with_columns(misdeed=pl.Series(kind, dtype=pl.String))
        bills = bills.with_columns(misdeed=pl.when(self._possible()).then("misdeed").otherwise(pl.lit("")))
        bills = bills.with_columns(
            # somebody hanging in bed is looked after on the first days alone
            present=pl.when(pl.col("misdeed") == "hanging_bed").then(pl.col("days") * 45 // 100).otherwise("days"),
            **{f"price{n}": self._price(item) for n, item in enumerate(self.daily)},
        )
        bed = pl.col("price0")
        over = pl.col("misdeed") == "over_standard"
        bills = bills.with_columns(price0=pl.when(over).then(bed * self.over_percent // 100).otherwise(bed))
        # a short purse pays for fewer of the days
        a_day = sum((pl.col(f"price{n}") for n in range(len(self.daily))), start=pl.lit(0))
        bills = bills.with_columns(billed=pl.min_horizontal("days", pl.col("total") * 6 // 10 // a_day))
        lines = []
        for n, item in enumerate(self.daily):
            nursed = item["category"] == "nursing"
            days = pl.min_horizontal("billed", "present") if nursed else pl.col("billed")
            line = self._line(bills.with_columns(n=days).with_columns(day=pl.int_ranges(0, "n")), item, f"price{n}")
            twice = (pl.col("misdeed") == "repeat_charge") & (pl.col("day") == 0) & nursed
            lines.append(
                line.explode("day").drop_nulls("day").with_columns(quantity=pl.when(twice).then(2).otherwise(1))
            )
        left = self._left(bills, lines)
        for item in self.once:
            line = self._line(left.with_columns(price=self._price(item)), item, "price").with_columns(
                day=pl.min_horizontal(pl.lit(item["day"]), pl.col("present") - 1),
                quantity=pl.min_horizontal(
                    pl.lit(item["most"]), pl.col("left") * item["percent"] // 100 // pl.col("price")
                ),
            )
            lines.append(line.filter(pl.col("quantity") > 0))
        for when, items in ((pl.col("operated"), self.operated), (pl.lit(True), self.further)):
            left = self._left(bills, lines).filter(when)
            for item in items:
                part = left.with_columns(price=pl.col("left") * item["percent"] // 100)
                line = self._line(part, item, "price").with_columns(
                    day=pl.min_horizontal(pl.lit(item["day"]), pl.col("present") - 1), quantity=pl.lit(1)
                )
                lines.append(line.filter(pl.col("price") > 0))
        lines.append(self._medicines(self._left(bills, lines)))
        amount = (pl.col("price") * pl.col("quantity")).alias("amount")
        whole = [line.with_columns(pl.col("quantity", "day").cast(pl.Int64)).with_columns(amount) for line in lines]
        every = pl.concat([line.select(_LINE) for line in whole]).sort("claim_no", "day", maintain_order=True)
        wrong = bills.filter(pl.col("misdeed") != "").select("claim_no", "misdeed")
        booked = every.filter(pl.col("item_code") == self.swapped["code"])["claim_no"]
        done = (pl.col("misdeed") != "swapped_item") | pl.col("claim_no").is_in(booked.implode())
        wrong = wrong.filter(done)
        return self._booked_otherwise(every, wrong), wrong

    def _possible(self) -> pl.Expr:
        """Whether a bill can be wrong in the way drawn: drawn out only when long enough, and with money for it."""
        enough = pl.col("total") > 100_000
        return enough & ((pl.col("misdeed") != "hanging_bed") | (pl.col("days") >= FEW))

    def _price(self, item: dict[str, Any]) -> pl.Expr:
        fen = [item["price"].get(level, 0) * 100 for level in LEVELS]
        return pl.col("level").replace_strict(dict(enumerate(fen)), return_dtype=pl.Int64)

    @staticmethod
    def _line(bills: pl.DataFrame, item: dict[str, Any], price: str) -> pl.DataFrame:
        return bills.with_columns(
            item_code=pl.lit(item.get("code", "")),
            item_name=pl.lit(item["name"]),
            category=pl.lit(item["category"]),
            pay_class=pl.lit(item["pay_class"]),
            price=pl.col(price),
        )

    @staticmethod
    def _left(bills: pl.DataFrame, lines: list[pl.DataFrame]) -> pl.DataFrame:
        """The bills with what their lines so far leave of the total."""
        so_far = pl.concat([line.select("claim_no", fen=pl.col("price") * pl.col("quantity")) for line in lines])
        sums = so_far.group_by("claim_no").agg(pl.col("fen").sum())
        joined = bills.join(sums, on="claim_no", how="left", maintain_order="left")
        return joined.with_columns(left=pl.col("total") - pl.col("fen").fill_null(0)).drop("fen")

    def _medicines(self, left: pl.DataFrame) -> pl.DataFrame:
        """What is left, in equal parts over the days somebody was there, the odd fen on the last."""
        spread = left.with_columns(day=pl.int_ranges(0, "present")).explode("day")
        part = pl.col("left") // pl.col("present")
        last = pl.col("day") == pl.col("present") - 1
        spread = spread.with_columns(part=part + pl.when(last).then(pl.col("left") % pl.col("present")).otherwise(0))
        return self._line(spread, self.medicine, "part").with_columns(quantity=pl.lit(1)).filter(pl.col("price") > 0)

    def _booked_otherwise(self, lines: pl.DataFrame, wrong: pl.DataFrame) -> pl.DataFrame:
        """Under the code of one item, the name of another."""
        claims = wrong.filter(pl.col("misdeed") == "swapped_item")["claim_no"]
        here = pl.col("claim_no").is_in(claims.implode()) & (pl.col("item_code") == self.swapped["code"])
        return lines.with_columns(
            item_name=pl.when(here).then(pl.lit(self.swapped["name"])).otherwise("item_name"),
            category=pl.when(here).then(pl.lit("treatment")).otherwise("category"),
        )
