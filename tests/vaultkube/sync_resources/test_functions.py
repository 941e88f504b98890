"""Template functions of custom objects: the page tells which of the Vault Secrets Operator's are missing."""

import re
from pathlib import Path

from vaultkube.sync_resources.functions import FUNCTIONS

OF_THE_OPERATOR = """
abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base bcrypt biggest
buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains deepCopy deepEqual default dict dig dir div
divf duration durationRound empty ext fail first float64 floor fromJson get has hasKey hasPrefix hasSuffix htpasswd indent
initial initials int int64 isAbs join kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod
mul mulf mustAppend mustChunk mustCompact mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll
mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson
mustUniq mustWithout nindent nospace omit osBase osClean osDir osExt osIsAbs pick pluck plural prepend push quote randInt
regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse
round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote
sub subf substr swapcase ternary title toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix
trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unset until untilStep untitle upper urlJoin urlParse values
without wrap wrapWith
"""
PAGE = Path(__file__).parents[3] / "docs/sync-resources.md"


def told() -> set[str]:
    """Return the functions that the page says are missing; the names in brackets are those to write in their place."""
    (paragraph,) = re.findall(r"^\* These functions .*?(?=^\* )", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`(\w+)`", re.sub(r"\(write [^)]*\)", "", paragraph))) - {"check", "os"}


def test_the_page_tells_each_function_that_is_missing() -> None:
    missing = {name for name in OF_THE_OPERATOR.split() if name not in FUNCTIONS}
    others = {name for name in missing if name.startswith(("os", "mustRegex"))}
    assert told() == missing - others
    forms = {name.removeprefix("os").removeprefix("must") for name in others}
    assert {f"{name[0].lower()}{name[1:]}" for name in forms} <= told()
