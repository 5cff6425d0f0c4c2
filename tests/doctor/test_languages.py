"""Settings in eight languages: the same page means the same account, and nothing pasted ever crashes."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.diagnosis.doctor import labels
from profilegen.diagnosis.doctor.current import Current, current_of
from profilegen.diagnosis.doctor.labels import LANGUAGES, Words
from profilegen.diagnosis.doctor.pasted import words_of
from profilegen.errors import UsageProblem
from profilegen.settings.servers import Auth, FoundServer, Protocol

PAGES = {
    "fr": """Serveur d’envoi
Serveur principal
Serveur Activé
Nom d’hôte smtp.example.com
Nom d’utilisateur you@example.com
Mot de passe ••••••••
Utiliser SSL Désactivé
Authentification Mot de passe
Port du serveur 25""",
    "es": """Servidor de correo saliente
Servidor principal
Servidor Activado
Nombre de host smtp.example.com
Nombre de usuario you@example.com
Contraseña ••••••••
Usar SSL Desactivado
Autenticación Contraseña
Puerto del servidor 25""",
    "it": """Server posta in uscita
Server principale
Server Attivo
Nome host smtp.example.com
Nome utente you@example.com
Password ••••••••
Usa SSL Non attivo
Autenticazione Password
Porta server 25""",
    "nl": """Server uitgaande post
Primaire server
Server Aan
Hostnaam smtp.example.com
Gebruikersnaam you@example.com
Wachtwoord ••••••••
Gebruik SSL Uit
Identiteitscontrole Wachtwoord
Serverpoort 25""",
    "pt": """Servidor de E-mail de Saída
Servidor Principal
Servidor Ativado
Nome do Host smtp.example.com
Nome de Usuário you@example.com
Senha ••••••••
Usar SSL Desativado
Autenticação Senha
Porta do Servidor 25""",
    "ja": """送信メールサーバ
プライマリサーバ
サーバ オン
ホスト名 smtp.example.com
ユーザ名 you@example.com
パスワード ••••••••
SSLを使用 オフ
認証 パスワード
サーバポート ２５""",
}


def read(text: str) -> Current:
    return current_of(words_of(text))


@pytest.mark.parametrize("language", PAGES)
def test_the_page_of_a_server_means_the_same_in_every_language(language: str) -> None:
    for page in (PAGES[language], PAGES[language].upper(), PAGES[language].replace(" ", "\u00a0")):
        current = read(page)

        assert current.outgoing == FoundServer(
            protocol=Protocol.SMTP,
            host="smtp.example.com",
            port=25,
            use_ssl=False,
            auth=Auth.PASSWORD,
            username=current.outgoing.username,
        )
        assert (current.outgoing.username or "").casefold() == "you@example.com"
        assert (current.outgoing_on, current.password) == (True, True)


def each(words: str) -> Iterator[str]:
    yield from (word.strip() for word in words.split(";") if word.strip())


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_word_of_a_language_is_understood(words: Words) -> None:
    outgoing = next(each(words.sections["outgoing"]))
    for on in each(words.on):
        for label in each(words.labels["use_ssl"]):
            assert read(f"{outgoing}\n{label} {on}").outgoing.use_ssl is True
    for off in each(words.off):
        assert read(f"{next(each(words.labels['use_ssl']))}: {off}").outgoing.use_ssl is False
        assert read(f"{outgoing}\nsmtp.example.com {off}").outgoing_on is False
    for empty in each(words.empty):
        current = read(
            f"{next(each(words.labels['username']))}  {empty}\n{next(each(words.labels['password']))} {empty}"
        )
        assert (current.outgoing.username, current.password) == ("", False)
    for none in each(words.none):
        assert read(f"{next(each(words.labels['authentication']))} {none}").outgoing.auth is Auth.NONE
    for incoming in each(words.sections["incoming"]):
        assert (
            read(f"{incoming}\n{next(each(words.labels['host']))} imap.example.com").incoming.host == "imap.example.com"
        )


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_another_server_that_is_on_is_the_one_in_use_in_every_language(words: Words) -> None:
    on, off = next(each(words.on)), next(each(words.off))

    current = read(
        f"{next(each(words.sections['primary']))}\nsmtp.example.com {off}\n"
        f"{next(each(words.sections['others']))}\nsmtp.old.example {on}"
    )

    assert (current.primary, current.outgoing_on) == ("smtp.old.example", False)


def test_no_word_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for words in LANGUAGES.values():
        for name, several in (*words.labels.items(), *words.sections.items()):
            for word in each(several):
                assert word == word.casefold()
                meanings.setdefault(word, set()).add(name)

    assert {word: names for word, names in meanings.items() if len(names) > 1} == {}
    assert not labels.ON & labels.OFF
    assert not labels.ON & labels.EMPTY


WORDS = sorted({*labels.SECTIONS, *labels.LABELS, *labels.ON, *labels.OFF, *labels.EMPTY, *labels.NONE})
PIECES = st.one_of(st.sampled_from(WORDS), st.sampled_from(["smtp.example.com", "25", ":", "="]), st.text(max_size=9))
LINES = st.lists(st.lists(PIECES, max_size=5).map(" ".join), max_size=12).map("\n".join)


@given(LINES)
def test_no_page_brings_out_anything_but_the_documented_error(text: str) -> None:
    try:
        current_of(words_of(text))
    except UsageProblem as refused:
        assert refused.code in ("bad_current", "password_in_current")


@given(st.from_regex("zq[A-Za-z0-9+/=.]{10,30}", fullmatch=True))
def test_a_pasted_password_goes_no_further_in_any_language(secret: str) -> None:
    for words in LANGUAGES.values():
        for label in each(words.labels["password"]):
            understood = words_of(f"{label}: {secret}\nsmtp.example.com")

            assert understood["outgoing.password"] == "set"
            assert secret.casefold() not in repr(understood).casefold()
