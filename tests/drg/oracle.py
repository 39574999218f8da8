"""A second grouper, written from the description of the tables alone, slow and plain: one rule after another.

It shares nothing with the project's own: it reads the CSV files itself and knows no compiled table.
"""

import csv
from pathlib import Path
from typing import Any


class Oracle:
    """Reads a folder of tables; ``group`` answers with (mdc, adrg, drg, status)."""

    def __init__(self, folder: Path, qy: str = "off", mapped: bool = True) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            path = folder / name
            if not path.exists():
                return []
            with path.open(encoding="utf-8-sig", newline="") as file:
                return [{key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)]

        self.qy, self.mapped = qy, mapped
        self.mdcs = sorted(rows("mdc.csv"), key=lambda row: int(row["order"]))
        self.mdc_diagnoses = {(row["mdc"], row["diagnosis_code"]) for row in rows("mdc_diagnoses.csv")}
        self.sites: dict[tuple[str, str], set[str]] = {}
        for row in rows("mdc_diagnoses.csv"):
            if row["body_site"]:
                self.sites.setdefault((row["mdc"], row["diagnosis_code"]), set()).add(row["body_site"])
        self.adrgs: dict[str, list[dict[str, str]]] = {}
        for row in sorted(rows("adrg.csv"), key=lambda row: int(row["order"])):
            self.adrgs.setdefault(row["mdc"], []).append(row)
        self.codes: dict[tuple[str, str, str], set[str]] = {}
        for row in rows("adrg_codes.csv"):
            self.codes.setdefault((row["adrg"], row["kind"], row["list"]), set()).add(row["code"])
        self.drgs: dict[str, list[dict[str, str]]] = {}
        for row in sorted(rows("drg.csv"), key=lambda row: int(row["order"])):
            self.drgs.setdefault(row["adrg"], []).append(row)
        self.complications = {
            row["diagnosis_code"]: (row["level"], row["exclusion_table"]) for row in rows("complications.csv")
        }
        self.exclusions = {row["principal_diagnosis_code"]: row["exclusion_table"] for row in rows("exclusions.csv")}
        self.valid = {row["procedure_code"] for row in rows("valid_procedures.csv")}
        self.maps = {
            "diagnosis": {row["code"]: row["grouper_code"] for row in rows("diagnosis_map.csv")},
            "procedure": {row["code"]: row["grouper_code"] for row in rows("procedure_map.csv")},
        }
        listed = {code for _, code in self.mdc_diagnoses} | set(self.complications) | set(self.exclusions)
        listed |= {code for (_, kind, _), codes in self.codes.items() if kind == "diagnosis" for code in codes}
        operations = {code for (_, kind, _), codes in self.codes.items() if kind == "procedure" for code in codes}
        any_lists = [
            one["adrg"] for of in self.adrgs.values() for one in of if one["match"].startswith("any_diagnosis")
        ]
        self.looked_at = {  # which tables a code is looked up in, by where it stands in the case
            "principal": {code for _, code in self.mdc_diagnoses}
            | {code for (_, kind, _), codes in self.codes.items() if kind == "diagnosis" for code in codes},
            "other": set(self.complications)
            | {code for _, code in self.sites}
            | {code for adrg in any_lists for code in self.codes.get((adrg, "diagnosis", "1"), ())},
            "procedure": operations,
        }
        self.listed = {"diagnosis": listed, "procedure": operations | self.valid}
        self.named = {
            "diagnosis": {row["code"] for row in rows("icd10_diagnoses.csv")},
            "procedure": {row["code"] for row in rows("icd9cm3_procedures.csv")},
        }

    def known(self, place: str, code: str) -> str | None:
        """The map leads from a code "to a code the grouper knows" (the tables' description): so a code that a table
        looked at in its place names needs no map; another takes it, where it leads to a code of the tables.
        ``mapped=False``: a grouper without maps, which takes every code as it stands.
        """
        if not self.mapped:
            return code
        kind = "procedure" if place == "procedure" else "diagnosis"
        if code in self.looked_at[place]:
            return code
        to = self.maps[kind].get(code)
        if to is not None and (to in self.listed[kind] or code not in self.listed[kind]):
            return to
        if code in self.listed[kind] or code in self.named[kind] or not (self.maps[kind] or self.named[kind]):
            return code
        return None

    def group(self, case: dict[str, Any]) -> tuple[str, str, str, str]:
        sex, years, days, weight = case["sex"], case["age_years"], case["age_days"], case["birth_weight_g"]
        newborn = years == 0 and days is not None and days <= 28
        if sex not in (1, 2) or years is None or (years == 0 and days is None) or (newborn and weight is None):
            return "", "", "", "invalid"
        if not case["diagnoses"]:
            return "", "", "", "invalid"
        principal, *others = case["diagnoses"]
        diagnoses = [self.known("principal", principal), *(self.known("other", code) for code in others)]
        procedures = [self.known("procedure", code) for code in case["procedures"]]
        if None in diagnoses or None in procedures:
            return "", "", "0000", "ungroupable"
        principal, first = diagnoses[0], procedures[0] if procedures else None
        last = ""
        for mdc in self.mdcs:
            name, entry = mdc["mdc"], mdc["entry"]
            if entry == "principal_procedure_valid":
                if first not in self.valid:
                    continue
            else:
                if (name, principal) not in self.mdc_diagnoses:
                    continue
                if entry == "principal_diagnosis_and_age_under_1_year" and years >= 1:
                    continue
                if entry == "principal_diagnosis_and_male" and sex != 1:
                    continue
                if entry == "principal_diagnosis_and_female" and sex != 2:
                    continue
                if entry == "principal_diagnosis_and_two_body_sites":
                    touched = {site for code in diagnoses for site in self.sites.get((name, code), ())}
                    if len(touched) < 2:
                        continue
                last = name
            asked = False
            for adrg in self.adrgs.get(name, []):
                if adrg["adrg"][1] >= "R" and not asked:
                    asked = True
                    looked_at = [first] if self.qy == "principal" else procedures if self.qy == "any" else []
                    if any(code in self.valid for code in looked_at):
                        return name, name + "QY", name + "QY", "ambiguous"
                if self.matches(adrg, principal, diagnoses, first, procedures, newborn, weight):
                    return name, adrg["adrg"], *self.drg(adrg["adrg"], principal, diagnoses[1:])
        return last, "", "0000", "ungroupable"

    def matches(self, adrg, principal, diagnoses, first, procedures, newborn, weight) -> bool:
        def procedure_list(number: str) -> set[str]:
            return self.codes.get((adrg["adrg"], "procedure", number), set())

        listed = self.codes.get((adrg["adrg"], "diagnosis", "1"), set())
        kind = adrg["match"]
        if kind == "principal_diagnosis":
            return principal in listed
        if kind == "principal_procedure":
            return first in procedure_list("1")
        if kind == "principal_diagnosis_and_principal_procedure":
            return principal in listed and first in procedure_list("1")
        if kind == "principal_procedure_valid":
            return first in self.valid
        if kind == "procedure_from_each_of_two_lists":
            return any(p in procedure_list("1") for p in procedures) and any(
                p in procedure_list("2") for p in procedures
            )
        if kind == "principal_diagnosis_and_procedure_from_each_of_two_lists":
            both = any(p in procedure_list("1") for p in procedures) and any(
                p in procedure_list("2") for p in procedures
            )
            return principal in listed and both
        if kind == "principal_diagnosis_and_tagged_procedures":
            if principal not in listed:
                return False
            for alternative in adrg["parameter"].split("|"):
                tags = [tag.strip() for tag in alternative.split("&")]
                if all(any(p in procedure_list(tag) for p in procedures) for tag in tags):
                    return True
            return False
        if kind == "principal_diagnosis_and_newborn_28_days":
            return newborn and principal in listed
        if kind == "principal_procedure_and_newborn_28_days":
            return newborn and first in procedure_list("1")
        if kind == "any_diagnosis_and_birth_weight_and_newborn_28_days":
            low, high = adrg["parameter"].strip("[)").split(",")
            inside = weight is not None and int(low) <= weight < (int(high) if high else 10**9)
            return newborn and inside and any(code in listed for code in diagnoses)
        if kind == "any_diagnosis_and_principal_procedure_valid":
            return first in self.valid and any(code in listed for code in diagnoses)
        if kind == "no_valid_procedure":
            return not any(code in self.valid for code in procedures)
        if kind == "always":
            return True
        raise AssertionError(kind)

    def drg(self, adrg: str, principal: str, others: list[str]) -> tuple[str, str]:
        table = self.exclusions.get(principal)
        counting = set()
        for code in others:
            if code in self.complications:
                level, its_table = self.complications[code]
                if not its_table or its_table != table:
                    counting.add(level)
        for drg in self.drgs[adrg]:
            test = drg["severity_test"]
            if test == "none" or (test == "mcc" and "MCC" in counting) or (test == "mcc_or_cc" and counting):
                return drg["drg"], "grouped"
        return "0000", "ungroupable"
