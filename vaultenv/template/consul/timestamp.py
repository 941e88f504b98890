"""`timestamp`: a moment in one of Go's layouts (https://pkg.go.dev/time#pkg-constants), in UTC."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError

_DAY_S = 86_400
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_RFC3339 = "2006-01-02T15:04:05Z07:00"


class _Moment:
    """A time of the proleptic Gregorian calendar."""

    __slots__ = ("day", "hour", "minute", "month", "nanosecond", "second", "weekday", "year", "yearday")

    def __init__(self, unix_s: float) -> None:
        whole = int(unix_s // 1)
        self.nanosecond = int((unix_s - whole) * 1_000_000) * 1000
        days, seconds = divmod(whole, _DAY_S)
        self.hour, self.minute, self.second = seconds // 3600, seconds // 60 % 60, seconds % 60
        self.weekday = (days + 4) % 7
        self.year, self.month, self.day = _date(days)
        self.yearday = days - _days_before(self.year) + 1


def _date(days: int) -> tuple[int, int, int]:
    """Return year, month and day of a day since 1970 (Howard Hinnant's civil_from_days)."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def _days_before(year: int) -> int:
    """Return the days from 1970 to the first of January."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 - 719_162


def timestamp(now_s: float, *layouts: str) -> str:
    """Return the time in RFC 3339, as seconds for the layout `unix`, or in Go's layout; raise TemplateError."""
    if len(layouts) > 1:
        raise TemplateError(f"wrong number of arguments, expected 0 or 1, but got {len(layouts)}")
    if layouts == ("unix",):
        return str(int(now_s // 1))
    return formatted(now_s, layouts[0] if layouts else _RFC3339)


def formatted(unix_s: float, layout: str) -> str:
    """Return Go's Time.Format in UTC."""
    moment = _Moment(unix_s)
    out: list[str] = []
    at = 0
    while at < len(layout):
        size, text = _element(moment, layout, at)
        out.append(text if size else layout[at])
        at += size or 1
    return "".join(out)


def _element(moment: _Moment, layout: str, at: int) -> tuple[int, str]:
    """Return the length of the element of the layout at a position, and its text; 0 if there is none."""
    for element in _ELEMENTS:
        if layout.startswith(element, at) and _may_stand(element, layout, at):
            return len(element), _text(moment, element)
    return _fraction(moment, layout, at)


def _may_stand(element: str, layout: str, at: int) -> bool:
    if element in ("Jan", "Mon"):
        following = layout[at + 3 : at + 4]
        return not ("a" <= following <= "z")
    return element != "_2" or not layout.startswith("_2006", at)


def _fraction(moment: _Moment, layout: str, at: int) -> tuple[int, str]:
    """Return the length and the text of an element such as `.000` or `,999` without a digit after it."""
    mark, digit = layout[at : at + 1], layout[at + 1 : at + 2]
    if mark not in (".", ",") or digit not in ("0", "9"):
        return 0, ""
    end = at + 1
    while layout[end : end + 1] == digit:
        end += 1
    if layout[end : end + 1].isdigit():
        return 0, ""
    digits = f"{moment.nanosecond:09d}"[: end - at - 1]
    digits = digits.rstrip("0") if digit == "9" else digits
    return end - at, mark + digits if digits else ""


_ELEMENTS = (
    *(
        "January",
        "Jan",
        "Monday",
        "MST",
        "Mon",
        "2006",
        "__2",
        "_2",
        "002",
        "01",
        "02",
        "03",
        "04",
        "05",
        "06",
    ),
    *("15", "PM", "pm", "-07:00:00", "-070000", "-07:00", "-0700", "-07"),
    *("Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "1", "2", "3", "4", "5"),
)


def _text(moment: _Moment, element: str) -> str:
    hour = moment.hour % 12 or 12
    texts = {
        "January": _MONTHS[moment.month - 1],
        "Jan": _MONTHS[moment.month - 1][:3],
        "Monday": _DAYS[moment.weekday],
        "Mon": _DAYS[moment.weekday][:3],
        "MST": "UTC",
        "2006": f"{moment.year:04d}",
        "06": f"{moment.year % 100:02d}",
        "01": f"{moment.month:02d}",
        "1": f"{moment.month}",
        "02": f"{moment.day:02d}",
        "_2": f"{moment.day:2d}",
        "2": f"{moment.day}",
        "002": f"{moment.yearday:03d}",
        "__2": f"{moment.yearday:3d}",
        "15": f"{moment.hour:02d}",
        "03": f"{hour:02d}",
        "3": f"{hour}",
        "04": f"{moment.minute:02d}",
        "4": f"{moment.minute}",
        "05": f"{moment.second:02d}",
        "5": f"{moment.second}",
        "PM": "PM" if moment.hour >= 12 else "AM",
        "pm": "pm" if moment.hour >= 12 else "am",
    }
    if element.startswith("Z"):
        return "Z"
    return texts.get(element) or element.replace("-", "+").replace("7", "0")
