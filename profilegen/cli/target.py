"""Where `-o PATH` leads: a folder, a file, or standard output."""

from dataclasses import dataclass, field
from pathlib import Path, PurePath

from profilegen.address import Address
from profilegen.delivery.files import FileDrop
from profilegen.delivery.names import profile_file_name
from profilegen.delivery.stdout import StdoutDrop
from profilegen.errors import UsageProblem
from profilegen.ports import Drop

STDOUT = "-"


@dataclass(slots=True, kw_only=True)  # remembers the names it gave
class Target:
    """The folder or file a command writes to."""

    path: str
    many: bool
    given: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.many and self.path == STDOUT:
            raise UsageProblem(
                "Several profiles cannot go to standard output.", hint="Name a folder with -o.", code="several_outputs"
            )

    @property
    def drop(self) -> Drop:
        """The drop that fits the path."""
        return StdoutDrop() if self.path == STDOUT else FileDrop()

    def path_for(self, address: Address, identifier: str) -> PurePath:
        """Return the path of one profile; each is given once."""
        path = Path(self.path)
        if self.path == STDOUT or not (self.many or path.is_dir() or self.path.endswith(("/", "\\"))):
            return path
        name = profile_file_name(address, identifier, self.given)
        self.given.add(name)
        return path / name
