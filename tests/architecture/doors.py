"""The contract "enter by the door": a domain's rooms are entered from outside only through ``api`` and ``events``."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class EnterByTheDoor(Contract):
    """Every import that crosses a domain's wall ends in one of its doors.

    ``domains``: package below which each child of a tier is a domain; ``doors``: the rooms open to others.
    A domain's tests may use another's ``tests.factories``.
    """

    domains = fields.StringField()
    doors = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = []
        for module in sorted(graph.modules):
            home = self._domain(module)
            for target in sorted(graph.find_modules_directly_imported_by(module)):
                domain = self._domain(target)
                if domain is None or domain == home:
                    continue
                room = target[len(domain) + 1 :]
                if room in self.doors:  # type: ignore[operator]
                    continue
                if room == "tests.factories" and ".tests" in module:
                    continue
                for detail in graph.get_import_details(importer=module, imported=target):
                    broken.append((module, target, detail["line_number"]))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line in check.metadata["broken"]:
            output.print_error(f"{importer}:{line} enters {imported} past its doors")
        output.new_line()

    def _domain(self, module: str) -> str | None:
        parts: list[Any] = module.split(".")
        depth = len(self.domains.split(".")) + 2  # type: ignore[attr-defined]
        if not module.startswith(f"{self.domains}.") or len(parts) < depth:
            return None
        return ".".join(parts[:depth])
