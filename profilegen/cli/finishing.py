"""The last step of `sign`, `unsign` and `encrypt`: one profile becomes one file."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from profilegen.cli.output import print_json, say
from profilegen.cli.render import notice_document, show_notices
from profilegen.cli.target import STDOUT, Target
from profilegen.ports import Signer
from profilegen.profile.types import Profile, SignerFacts
from profilegen.settings.candidates import Notice


async def finish(profile: Profile, signer: Signer | None, output: str) -> SignerFacts | None:
    """Write the profile, signed if there is a signer, in one step; return who signed."""
    data, facts = profile.content, None
    if signer is not None:
        signed = await signer.sign(profile)
        data, facts = signed.der, signed.signer
    staged = await Target(path=output, many=False).drop.stage(Path(output), data, private=profile.has_secrets)
    await staged.commit()
    return facts


def report(
    output: str, facts: SignerFacts | None, notices: Iterable[Notice], also: Mapping[str, Any], *, as_json: bool
) -> None:
    """Say what was written, unless the file itself went to standard output; `also` are further keys of the JSON."""
    if output == STDOUT:
        return
    if as_json:
        signer = {"subject": facts.subject, "spki_sha256": facts.spki_sha256} if facts else None
        listed = [notice_document(notice) for notice in notices]
        print_json({"path": output, "signed": facts is not None, "signer": signer, **also, "notices": listed})
        return
    say(f"✓ {output} {f'signed by {facts.subject}' if facts else 'not signed'}")
    show_notices(notices)
