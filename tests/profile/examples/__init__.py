"""One example pair for every lint rule: a profile that breaks it, and one that does not."""

from tests.profile.examples import files, keys, signatures
from tests.profile.examples.specimen import Example

EXAMPLES: tuple[Example, ...] = tuple(
    sorted((*keys.EXAMPLES, *files.EXAMPLES, *signatures.EXAMPLES), key=lambda example: example.rule)
)
