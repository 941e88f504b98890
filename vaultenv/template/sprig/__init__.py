"""The functions of `${ … }`: Go's own and those of Sprig v3 (https://masterminds.github.io/sprig/) that secrets need.

Functions that reach files, environment, network or the clock, make keys or random text, or match regular
expressions are left out on purpose.
"""

from vaultenv.template.go import GO
from vaultenv.template.sprig.defaults import DEFAULTS
from vaultenv.template.sprig.dicts import DICTS
from vaultenv.template.sprig.encodings import ENCODINGS
from vaultenv.template.sprig.lists import LISTS
from vaultenv.template.sprig.numbers import NUMBERS
from vaultenv.template.sprig.strings import STRINGS

FUNCTIONS = {**GO, **STRINGS, **NUMBERS, **DEFAULTS, **LISTS, **DICTS, **ENCODINGS}
