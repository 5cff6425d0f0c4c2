"""The concepts in a sentence, whatever its language."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis import words
from profilegen.diagnosis.concepts import Concept, Meaning, meanings, read
from profilegen.diagnosis.explain import explain
from profilegen.diagnosis.observation import Observation, Stage
from profilegen.diagnosis.rules import all_rules
from profilegen.diagnosis.vocabulary import VOCABULARY


def _first(text: str, stage: Stage) -> str:
    causes = explain(Observation(text=text, stage=stage)).causes
    return causes[0].cause.value if causes else ""


@pytest.mark.parametrize(
    "sentence",
    [
        "The server does not support authentication",
        "Der Server unterstützt keine Authentifizierung",
        "Le serveur ne prend pas en charge l'authentification",
        "El servidor no admite autenticación",
        "De server ondersteunt geen authenticatie",
        "O servidor não suporta autenticação",
        "Serwer nie obsługuje uwierzytelniania",
        "Сервер не поддерживает аутентификацию",
        "Servern stöder inte autentisering",
        "Palvelin ei tue todennusta",
        "Server nepodporuje autentizaci",
        "Sunucu kimlik doğrulamayı desteklemiyor",
        "サーバは認証をサポートしていません",
        "服务器不支持身份验证",
    ],
)
def test_one_meaning_in_fourteen_languages(sentence: str) -> None:
    assert read(sentence).find(meanings("login not supported")) is not None
    assert _first(sentence, Stage.EHLO) == "auth_not_offered"


@pytest.mark.parametrize(
    ("stage", "text", "cause"),
    [
        (Stage.TLS, "Das Zertifikat ist abgelaufen", "tls_cert_expired"),
        (Stage.TLS, "Certyfikat nie odpowiada nazwie serwera", "tls_hostname_mismatch"),
        (Stage.AUTH, "Fel lösenord", "auth_bad_credentials"),
        (Stage.CONNECT, "Spojení vypršelo", "connect_timeout"),
        (Stage.DNS, "Сервер не найден", "dns_failure"),
        (Stage.RCPT_TO, "L'indirizzo non è valido", "recipient_syntax"),
        (Stage.DATA, "Viesti on liian suuri", "message_too_big"),
        (Stage.MAIL_FROM, "アカウントの容量がいっぱいです", "own_mailbox_full"),
    ],
)
def test_other_meanings_in_other_languages(stage: Stage, text: str, cause: str) -> None:
    assert _first(text, stage) == cause


def test_concepts_are_sought_sentence_by_sentence() -> None:
    apart = read("The certificate is fine. Your password expired.")

    assert apart.find(meanings("certificate expired")) is None
    assert apart.find(meanings("password expired")) == "your password expired"


def test_what_is_not_valid_is_wrong() -> None:
    ((_, said),) = read("La dirección no es válida").sentences

    assert Concept.WRONG in said


def test_an_unwanted_concept_spoils_a_meaning() -> None:
    (meaning,) = meanings("login not/refused supported !tls")

    assert meaning == Meaning(
        wanted=(
            frozenset({Concept.LOGIN}),
            frozenset({Concept.NOT, Concept.REFUSED}),
            frozenset({Concept.SUPPORTED}),
        ),
        unwanted=frozenset({Concept.TLS}),
    )
    assert meaning.fits(frozenset({Concept.LOGIN, Concept.REFUSED, Concept.SUPPORTED}))
    assert not meaning.fits(frozenset({Concept.LOGIN, Concept.NOT, Concept.SUPPORTED, Concept.TLS}))


def _stems() -> Iterator[tuple[Concept, str]]:
    for concept, listed in VOCABULARY.items():
        yield from ((concept, entry) for entry in listed.split())


def test_every_concept_has_stems_and_every_stem_can_be_found() -> None:
    assert set(VOCABULARY) == set(Concept)
    for concept, entry in _stems():
        stem = words.stem(entry)
        assert stem.strip(), (concept, entry)
        assert words.is_wide(stem) or len(stem) >= 2, (concept, entry)
        ((_, said),) = read(entry.strip("~.").replace("_", " ")).sentences
        assert concept in said, (concept, entry)


def test_every_meaning_of_a_rule_can_be_read() -> None:
    used = [meanings(rule.meaning) for rule in all_rules() if rule.meaning]

    assert used
    assert all(meaning.wanted for listed in used for meaning in listed)


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    assert all(sentence for sentence, _ in read(text).sentences) or not read(text).folded.strip()
