"""The functions of `${ … }`: Go's own and Sprig v3's (https://masterminds.github.io/sprig/), as far as
secrets need.

What reaches files, environment, network or the clock, makes keys or random text, or matches regular
expressions is left out on purpose.
"""

from vaultenv.template.go import GO
from vaultenv.template.sprig.defaults import DEFAULTS
from vaultenv.template.sprig.dicts import DICTS
from vaultenv.template.sprig.encodings import ENCODINGS
from vaultenv.template.sprig.lists import LISTS
from vaultenv.template.sprig.numbers import NUMBERS
from vaultenv.template.sprig.strings import STRINGS

FUNCTIONS = {**GO, **STRINGS, **NUMBERS, **DEFAULTS, **LISTS, **DICTS, **ENCODINGS}
