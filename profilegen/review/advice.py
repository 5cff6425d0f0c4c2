"""Advice as data: what to do about a finding, why, and where to find it in the menus of a server product."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from profilegen.errors import MachineProblem
from profilegen.report import Finding, Outcome

_ABUSED = ("log.stolen_credentials", "queue.growth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One piece of advice; `checks` are patterns of the findings it is for, `why` is "" where nothing needs saying."""

    id: str
    do: str
    why: str = ""
    checks: tuple[str, ...] = ()

    def fits(self, check: str) -> bool:
        """Return whether this is for a finding of this name."""
        return any(fnmatchcase(check, pattern) for pattern in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One kind of mail server: how it greets, and where each advice is set."""

    id: str
    name: str
    greets: tuple[str, ...]
    menu: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One advice as it is given: what to do, why, and where ("" if nobody wrote it down for this product)."""

    id: str
    do: str
    why: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceBook:
    """Everything in `templates/relay/`."""

    advice: tuple[Advice, ...]
    after: tuple[Advice, ...]
    products: tuple[Product, ...]

    def product(self, findings: Iterable[Finding]) -> Product | None:
        """Return the product a server says it is when it greets."""
        greetings = [finding.reply or "" for finding in findings if finding.check.endswith(".banner")]
        words = ((product, word) for product in self.products for word in product.greets)
        return next((product for product, word in words if any(word in greeting for greeting in greetings)), None)

    def named(self, product_id: str) -> Product | None:
        """Return a product by its id."""
        return next((product for product in self.products if product.id == product_id), None)

    def said(self, findings: Iterable[Finding], product: Product | None) -> tuple[Said, ...]:
        """Return the advice for all that failed or gave a warning, each once; after abuse also what comes then."""
        wrong = [finding for finding in findings if finding.outcome in (Outcome.FAIL, Outcome.WARN)]
        given = [advice for advice in self.advice if any(self._for(finding) is advice for finding in wrong)]
        abused = any(finding.check in _ABUSED and finding.outcome is Outcome.FAIL for finding in wrong)
        menu = product.menu if product else {}
        return tuple(
            Said(id=advice.id, do=advice.do, why=advice.why, where=menu.get(advice.id, ""))
            for advice in (*given, *(self.after if abused else ()))
        )

    def with_remedies(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings, those that ask for something with what to do about them."""
        return tuple(self._with_remedy(finding) for finding in findings)

    def _with_remedy(self, finding: Finding) -> Finding:
        advice = self._for(finding)
        if advice is None or finding.outcome not in (Outcome.FAIL, Outcome.WARN):
            return finding
        return replace(finding, remedy=advice.do)

    def _for(self, finding: Finding) -> Advice | None:
        return next((advice for advice in self.advice if advice.fits(finding.check)), None)


def read_advice(folder: Path) -> AdviceBook:
    """Read the folder; raises MachineProblem if a file is missing or broken."""
    try:
        book = _table(folder / "advice.toml")
        products = [_product(_table(path)) for path in sorted(folder.glob("*.toml")) if path.name != "advice.toml"]
        return AdviceBook(
            advice=tuple(
                Advice(id=row["id"], do=row["do"], why=row["why"], checks=tuple(row["checks"]))
                for row in book["advice"]
            ),
            after=tuple(Advice(id=row["id"], do=row["do"]) for row in book["after"]),
            products=tuple(products),
        )
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise MachineProblem(
            f"The advice in {folder} cannot be read: {exc}.", hint="Install profilegen again.", code="resources"
        ) from exc


def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _product(table: Mapping[str, Any]) -> Product:
    return Product(id=table["id"], name=table["name"], greets=tuple(table["greets"]), menu=dict(table["menu"]))
