"""The value object: an interval of exact decimals in one unit."""

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from .numerals import SCALES

_ROUNDED = Context(prec=28)


class Unit(NamedTuple):
    """One row of the table; `factor` is its size in the base unit of its dimension.

    context: words that must stand near a form that several units share (度, 方).
    """

    name: str
    dimension: str
    factor: Fraction | None
    pint: str | None
    currency: str | None
    context: tuple[str, ...]


# Units by form and by pint name, as the last loaded table has them: what `Quantity.to` knows.
known_units: dict[str, list[Unit]] = {}


@dataclass(frozen=True)
class Quantity:
    """The value of a span: an interval of exact decimals in one unit.

    low, high: in `unit`; None is no bound on that side, both None is unknown, with `reason`.
    closed_low, closed_high: whether the bound itself belongs to it (False where there is none).
    exact: False for 约, 余, 几, 近 and their like.
    unit: canonical Chinese name, None for a bare count; pint: its name in pint, if it has one.
    dimension: money, ratio, length, area, volume, mass, energy, power, apparent_power, voltage,
    temperature, angle, time; persons, households, animals, plants, items, events; count where
    the thing counted is not known. currency: ISO 4217.
    basis: what it is per, canonical units in the order of the text (人, 年; 百户).
    change: True for an increase or a decrease, False for a level. text: the span's, raw.
    """

    low: Decimal | None
    high: Decimal | None
    closed_low: bool
    closed_high: bool
    exact: bool
    unit: str | None
    pint: str | None
    dimension: str | None
    currency: str | None
    basis: tuple[str, ...]
    change: bool
    text: str
    reason: str | None = None

    def to(self, unit: str) -> "Quantity":
        """The same quantity in `unit` (公顷, hectare, 万元), to 28 significant digits.

        Knows the units of the pipelines loaded in this process. Raises ValueError where `unit`
        is unknown, of another dimension or currency, or either has no fixed size.
        """
        target = _size(unit, self)
        ratio = _size(self.unit, self)[1] / target[1]
        low, high = (None if n is None else decimal(Fraction(n) * ratio) for n in self._ends())
        return replace(self, low=low, high=high, unit=target[0], pint=target[2])

    def __lt__(self, other: "Quantity") -> bool:
        """Whether all of this lies below all of `other`; ValueError if they don't compare."""
        return self._below(other, touch=False)

    def __le__(self, other: "Quantity") -> bool:
        """Whether no part of this lies above any part of `other`; ValueError as above."""
        return self._below(other, touch=True)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`; decimals are strings, so that they stay exact."""
        low, high = (None if n is None else format(n, "f") for n in self._ends())
        return vars(self) | {"low": low, "high": high, "basis": list(self.basis)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Quantity":
        """What `to_json` wrote; TypeError or KeyError for other keys."""
        low, high = (None if data[end] is None else Decimal(data[end]) for end in ("low", "high"))
        return cls(**(data | {"low": low, "high": high, "basis": tuple(data["basis"])}))

    def _ends(self) -> tuple[Decimal | None, Decimal | None]:
        return self.low, self.high

    def _below(self, other: "Quantity", touch: bool) -> bool:
        for mine, theirs in zip(_kind(self), _kind(other), strict=True):
            if mine != theirs:
                raise ValueError(f"{self.text!r} and {other.text!r}: {mine} against {theirs}")
        if self.high is None or other.low is None:
            return False
        high, low = Fraction(self.high), Fraction(other.low)
        if self.unit != other.unit:
            high, low = high * _size(self.unit, self)[1], low * _size(other.unit, other)[1]
        return high < low or (
            high == low and (touch or not (self.closed_high and other.closed_low))
        )


def _kind(quantity: Quantity) -> tuple[object, ...]:
    return quantity.dimension, quantity.currency, quantity.basis, quantity.change


def _size(name: str | None, like: Quantity) -> tuple[str, Fraction, str | None]:
    """Canonical name, size and pint name of 万元, 元, hectare … of the kind that `like` is."""
    name = name or ""
    first = SCALES.get(name[:1])
    for scale, form in (1, name), *([(first, name[1:])] if first else []):
        for unit in known_units.get(form, ()):
            if (unit.dimension, unit.currency) == (like.dimension, like.currency):
                if unit.factor is None:
                    raise ValueError(f"{name} has no fixed size")
                if scale == 1:
                    return unit.name, unit.factor, unit.pint
                return name[:1] + unit.name, unit.factor * scale, None
    raise ValueError(f"{name!r} is no unit of {like.dimension} {like.currency or ''}".rstrip())


def decimal(number: Fraction) -> Decimal:
    """Plain decimal, exact where it ends within 28 digits: 35000, not 3.5E+4 or 35000.0."""
    quotient = _ROUNDED.divide(Decimal(number.numerator), Decimal(number.denominator))
    return Decimal(format(_ROUNDED.normalize(quotient), "f"))
