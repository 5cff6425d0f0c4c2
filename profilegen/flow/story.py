"""
The story: address, settings, profile, verification, signed bytes, file. It opens nothing itself.

    draft = await flow.draft(wish)                    # settings, and the profile made of them
    proof = await flow.prove(draft, level, progress)  # a test-send with exactly these settings
    handed = await flow.hand_over(draft, ...)         # signed; record and file together, last
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from profilegen.diagnosis.relay import relay_notice
from profilegen.errors import UsageProblem
from profilegen.flow.canaries import Canaries
from profilegen.flow.identity import identity_to_keep, rename_notices, rotation_notices
from profilegen.flow.issuing import Issuer
from profilegen.flow.proving import Attempt, try_out
from profilegen.flow.trial import (
    level_of,
    nothing_to_try,
    question_about,
    trial_of,
    trial_of_found,
    with_usernames,
)
from profilegen.flow.values import Asked, Draft, Fixed, FixOrder, GivenPasswords, Handed, HandOver, Proof
from profilegen.ports import (
    Catalogue,
    Clock,
    Drop,
    Encrypter,
    Finder,
    IssueLog,
    Progress,
    RelayService,
    Resolver,
    Signer,
    Verifier,
)
from profilegen.profile.account import AccountChoice, choose_account
from profilegen.profile.adopted import Adopted
from profilegen.profile.envelope import build_profile
from profilegen.profile.found import found_accounts
from profilegen.profile.identity import default_prefix
from profilegen.profile.judge import IN_THE_CLEAR, lint_finding
from profilegen.profile.notices import build_notices
from profilegen.profile.order import Account, ProfileOrder
from profilegen.profile.read import read
from profilegen.profile.types import Delivery, Platform
from profilegen.profile.wish import AccountWish, PasswordsInProfile, ProfileWish
from profilegen.report import Outcome
from profilegen.settings.candidates import Notice, Resolution
from profilegen.settings.document import SettingsDocument
from profilegen.settings.resolved import overridden, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The arrow. `seal` keeps a profile's UUID from confirming guessed passwords."""

    finder: Finder
    catalogue: Catalogue
    resolver: Resolver
    verifier: Verifier
    canaries: Canaries
    signer: Signer | None
    encrypter: Encrypter | None
    log: IssueLog
    drop: Drop
    clock: Clock
    digest: Callable[[bytes], str]
    seal: Callable[[], bytes]

    async def fix(self, wish: ProfileWish, order: FixOrder, progress: Progress) -> Fixed:
        """Go the whole arrow: no file unless the test-send came as far as asked, or somebody says why it may be."""
        progress("looking up the settings")
        draft = await self.draft(wish)
        proof = await self.prove(draft, order.asked, progress, self.canaries)
        reason = None if proof.ok else order.allowed_because
        if not proof.ok and reason is None:
            return Fixed(draft=draft, proof=proof, handed=None, allowed_because=None)
        path = order.path_for(draft.order.accounts[0].address, draft.profile.identifier)
        hand_over = HandOver(path=path, level=proof.level, allowed_because=reason)
        handed = await self.hand_over(draft, hand_over)
        return Fixed(draft=draft, proof=proof, handed=handed, allowed_because=reason)

    async def draft(self, wish: ProfileWish) -> Draft:
        """Find the settings of every account and build the profile; raises the reason if there can be none."""
        found = [await self._settings(account, wish) for account in wish.accounts]
        settings = tuple(document for document, _ in found)
        accounts, notices = [], list[Notice]()
        for account_wish, document in zip(wish.accounts, settings, strict=True):
            account, told = await self._account(account_wish, document, wish)
            accounts.append(account)
            notices += [*document.notices, *told]
        issued = [await self.log.last(account.address.account) for account in accounts]
        order = self._order(wish, settings, tuple(accounts), identity_to_keep(wish, filter(None, issued)))
        profile = build_profile(order)
        return Draft(
            wish=wish,
            settings=settings,
            resolutions=tuple(resolution for _, resolution in found if resolution is not None),
            order=order,
            profile=profile,
            notices=(*notices, *build_notices(order), *await rename_notices(self.log, wish, order, profile)),
        )

    async def rotation(self) -> tuple[Notice, ...]:
        """Say once what a change of the signing key means for everything issued before; nothing if there is none."""
        current = None if self.signer is None else self.signer.facts.spki_sha256
        return rotation_notices(await self.log.signed_otherwise(current))

    async def prove(self, draft: Draft, asked: Asked, progress: Progress, canaries: Canaries | None = None) -> Proof:
        """
        Test-send with exactly the settings of the draft; an account that signs in with OAuth ends at level 1.

        With `canaries` one with the same servers stands in where no password is known.
        """
        lint = lint_finding(
            draft.profile.content,
            delivery=draft.order.delivery,
            platform=draft.order.platform,
            now=self.clock.now(),
            moot=IN_THE_CLEAR if self.encrypter is not None else frozenset(),
        )
        each = list(zip(draft.wish.accounts, draft.settings, draft.order.accounts, strict=True))
        trials = [trial_of(wish, document, account, asked) for wish, document, account in each]
        lookup = draft.wish.lookup
        helpers = [None if canaries is None else await canaries.helpers_for(trial, asked, lookup) for trial in trials]
        level = min(
            level_of(wish, account, asked, helped=own is not None)
            for (wish, _, account), own in zip(each, helpers, strict=True)
        )
        attempts = [
            Attempt(trial=replace(trial, level=level), helpers=own)
            for trial, own in zip(trials, helpers, strict=True)
            if trial is not None
        ]
        proof = await try_out(attempts, level, verifier=self.verifier, lint=lint, progress=progress)
        return replace(proof, level=0) if lint.outcome is Outcome.FAIL else proof

    async def prove_file(self, data: bytes, given: GivenPasswords, asked: Asked, progress: Progress) -> Proof:
        """Test-send every mail account of any profile as it stands; what the linter says stops nothing."""
        result = read(data)
        accounts = found_accounts(result.content or {})
        if not accounts:
            raise nothing_to_try(result)
        lint = lint_finding(data, delivery=Delivery.INTERACTIVE, platform=Platform.IOS, now=self.clock.now())
        trials = [trial_of_found(account, given, asked) for account in accounts]
        level = min(trial.level for trial in trials)
        attempts = [Attempt(trial=replace(trial, level=level)) for trial in trials]
        return await try_out(attempts, level, verifier=self.verifier, lint=lint, progress=progress)

    async def hand_over(self, draft: Draft, hand_over: HandOver) -> Handed:
        """Sign, then write record and file together; nothing is left behind if any of it fails."""
        issuer = self.issuer
        signed = await issuer.sign_off(draft)
        staged = await self.drop.stage(hand_over.path, signed.data, private=signed.has_secrets)
        try:
            await issuer.record(draft, signed, level=hand_over.level, allowed_because=hand_over.allowed_because)
            await staged.commit()
        except BaseException:
            await asyncio.shield(staged.discard())
            raise
        return Handed(path=hand_over.path, sha256=signed.sha256, signer=signed.signer, notices=signed.notices)

    @property
    def issuer(self) -> Issuer:
        """What signs drafts and remembers them."""
        return Issuer(signer=self.signer, encrypter=self.encrypter, log=self.log, clock=self.clock, digest=self.digest)

    async def _settings(self, account: AccountWish, wish: ProfileWish) -> tuple[SettingsDocument, Resolution | None]:
        document, resolution = account.settings, None
        if document is None:
            resolution = await self.finder.resolve(question_about(account.address, wish.lookup))
            document = settings_of(resolution)
        document = overridden(document, account.overrides)
        return replace(
            document, name=account.name or document.name, aliases=account.aliases or document.aliases
        ), resolution

    async def _account(
        self, wish: AccountWish, document: SettingsDocument, profile: ProfileWish
    ) -> tuple[Account, tuple[Notice, ...]]:
        relay, told = await self._relay(wish, profile) if wish.relay else (None, ())
        inside = profile.passwords is not PasswordsInProfile.NEVER
        choice = AccountChoice(
            platform=profile.platform,
            wanted=profile.account_type,
            relay=wish.relay,
            relay_server=relay.outgoing[0] if relay else None,
            incoming_password=wish.incoming_password if inside else None,
            outgoing_password=wish.outgoing_password if inside else None,
        )
        return choose_account(with_usernames(document, wish), choice), told

    async def _relay(self, wish: AccountWish, profile: ProfileWish) -> tuple[RelayService, tuple[Notice, ...]]:
        if wish.outgoing_username is None:
            raise UsageProblem(
                f"The relay service {wish.relay} has a login of its own.",
                hint="Give its user name with --outgoing-username.",
                code="relay_username_missing",
            )
        relay = await self.catalogue.relay(str(wish.relay), wish.outgoing_username)
        if relay is None or not relay.outgoing:
            raise UsageProblem(
                f'There is no relay service "{wish.relay}" in the catalogue.',
                hint="See profilegen providers list --kind relay.",
                code="unknown_relay",
            )
        notice = await self._relay_notice(wish, relay, offline=profile.lookup.offline)
        return relay, () if notice is None else (notice,)

    async def _relay_notice(self, wish: AccountWish, relay: RelayService, *, offline: bool) -> Notice | None:
        domain = wish.address.domain
        provider = await self.catalogue.by_domain(wish.address)
        asked = not offline and provider is None
        return relay_notice(
            domain=domain,
            relay=relay.name,
            relay_spf=relay.spf,
            spf=(await self.resolver.txt(domain)).records if asked else (),
            dmarc=(await self.resolver.txt(f"_dmarc.{domain}")).records if asked else (),
            free_mail=provider is not None,
        )

    def _order(
        self,
        wish: ProfileWish,
        settings: tuple[SettingsDocument, ...],
        accounts: tuple[Account, ...],
        adopted: Adopted | None,
    ) -> ProfileOrder:
        first = settings[0]
        return ProfileOrder(
            accounts=accounts,
            delivery=wish.delivery,
            platform=wish.platform,
            identifier_prefix=first.identifier_prefix or wish.identifier_prefix or default_prefix(first.address),
            seal=self.seal(),
            organization=first.organization or wish.organization,
            person=wish.person,
            expires=wish.expires,
            certificates=wish.certificates,
            adopted=adopted,
        )
