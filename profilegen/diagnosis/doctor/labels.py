"""
The words of Settings and Mail per language, as data: what a pasted line begins with, and what its value means.

Several words for one thing are those of different versions, of macOS beside iOS, or of two countries. All in lower
case, with a straight apostrophe. English and German were read off devices' published guides; for the other languages
so were the server sections and the switches, the rest is how Apple's guides translate them. None was tried on a device.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language: `sections` and `labels` lead from a name to the words for it."""

    sections: Mapping[str, str]
    labels: Mapping[str, str]
    on: str
    off: str
    empty: str
    password: str = ""
    none: str = ""


def _listed(words: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in words.split(";"))))


LANGUAGES = {
    "en": Words(
        sections={
            "incoming": "incoming mail server",
            "outgoing": "outgoing mail server; outgoing mail account",
            "primary": "primary server",
            "others": "other smtp servers",
        },
        labels={
            "host": "host name; hostname",
            "username": "user name; username",
            "password": "password",
            "use_ssl": "use ssl; use tls/ssl",
            "authentication": "authentication",
            "port": "server port; port",
            "on": "server",
            "only_this_server": "use only this server",
            "primary": "smtp",
            "email": "email; email address",
            "mail": "mail",
        },
        on="on; yes; true; 1",
        off="off; no; false; 0",
        empty="empty; missing; none; no; false; optional; required",
        password="password",  # noqa: S106 - the name of a login method
        none="none",
    ),
    "de": Words(
        sections={
            "incoming": "server für eintreffende e-mails",
            "outgoing": "server für ausgehende e-mails; account für ausgehende e-mails",
            "primary": "primärer server",
            "others": "andere smtp-server",
        },
        labels={
            "host": "hostname; hostname des servers",
            "username": "benutzername",
            "password": "passwort",
            "use_ssl": "ssl verwenden; tls/ssl verwenden",
            "authentication": "authentifizierung",
            "port": "server-port; port",
            "on": "server",
            "only_this_server": "nur diesen server verwenden",
            "email": "e-mail; e-mail-adresse",
        },
        on="ein; an; ja",
        off="aus; nein",
        empty="leer; erforderlich",
        password="passwort",  # noqa: S106 - the name of a login method
        none="keine; ohne",
    ),
    "fr": Words(
        sections={
            "incoming": "serveur de réception",
            "outgoing": "serveur d'envoi; compte d'envoi",
            "primary": "serveur principal",
            "others": "autres serveurs smtp",
        },
        labels={
            "host": "nom d'hôte",
            "username": "nom d'utilisateur",
            "password": "mot de passe",
            "use_ssl": "utiliser ssl; utiliser tls/ssl",
            "authentication": "authentification",
            "port": "port du serveur; port",
            "on": "serveur",
            "only_this_server": "n'utiliser que ce serveur; utiliser uniquement ce serveur",
            "email": "e-mail; adresse e-mail; adresse",
        },
        on="oui; activé; activée; actif",
        off="non; désactivé; désactivée; inactif",
        empty="vide; facultatif; optionnel; requis; obligatoire",
        password="mot de passe",  # noqa: S106 - the name of a login method
        none="aucune; aucun",
    ),
    "es": Words(
        sections={
            "incoming": "servidor de correo entrante",
            "outgoing": "servidor de correo saliente; cuenta de correo saliente",
            "primary": "servidor principal; servidor primario",
            "others": "otros servidores smtp",
        },
        labels={
            "host": "nombre de host; nombre del host; nombre del servidor",
            "username": "nombre de usuario; usuario",
            "password": "contraseña",
            "use_ssl": "usar ssl; usar tls/ssl",
            "authentication": "autenticación",
            "port": "puerto del servidor; puerto de servidor; puerto",
            "on": "servidor",
            "only_this_server": "usar solo este servidor; usar sólo este servidor",
            "email": "correo electrónico; dirección de correo electrónico; correo",
        },
        on="sí; si; activado; activada",
        off="desactivado; desactivada",
        empty="vacío; opcional; obligatorio; obligatoria; requerido; requerida",
        password="contraseña",  # noqa: S106 - the name of a login method
        none="ninguna; ninguno",
    ),
    "it": Words(
        sections={
            "incoming": "server posta in arrivo; server di posta in arrivo",
            "outgoing": "server posta in uscita; server di posta in uscita; account posta in uscita",
            "primary": "server principale; server primario",
            "others": "altri server smtp",
        },
        labels={
            "host": "nome host; nome dell'host",
            "username": "nome utente",
            "password": "password",
            "use_ssl": "usa ssl; utilizza ssl; usa tls/ssl; utilizza tls/ssl",
            "authentication": "autenticazione",
            "port": "porta server; porta del server; porta",
            "on": "server",
            "only_this_server": "usa solo questo server; utilizza solo questo server",
            "email": "e-mail; indirizzo e-mail",
        },
        on="sì; si; attivo; attivato; attivata",
        off="non attivo; disattivato; disattivata",
        empty="vuoto; facoltativo; facoltativa; opzionale; obbligatorio; obbligatoria; richiesto; richiesta",
        none="nessuna; nessuno",
    ),
    "nl": Words(
        sections={
            "incoming": "server inkomende post; server inkomende e-mail; server voor inkomende e-mail",
            "outgoing": "server uitgaande post; server uitgaande e-mail; server voor uitgaande e-mail",
            "primary": "primaire server",
            "others": "andere smtp-servers; overige smtp-servers",
        },
        labels={
            "host": "hostnaam",
            "username": "gebruikersnaam",
            "password": "wachtwoord",
            "use_ssl": "gebruik ssl; ssl gebruiken; gebruik tls/ssl; tls/ssl gebruiken",
            "authentication": "identiteitscontrole; authenticatie",
            "port": "serverpoort; poort",
            "on": "server",
            "only_this_server": "gebruik alleen deze server; alleen deze server gebruiken",
            "email": "e-mail; e-mailadres",
        },
        on="aan; ja; ingeschakeld",
        off="uit; nee; uitgeschakeld",
        empty="leeg; optioneel; vereist; verplicht",
        password="wachtwoord",  # noqa: S106 - the name of a login method
        none="geen",
    ),
    "pt": Words(
        sections={
            "incoming": "servidor de recebimento; servidor de e-mail de entrada; servidor de correio de entrada; "
            "servidor de entrada; servidor de receção de e-mail",
            "outgoing": "servidor de envio; servidor de e-mail de saída; servidor de correio de saída; "
            "servidor de saída; servidor de envio de e-mail",
            "primary": "servidor principal; servidor primário",
            "others": "outros servidores smtp",
        },
        labels={
            "host": "nome do host; nome do servidor; nome de host; nome do anfitrião",
            "username": "nome de usuário; nome de utilizador; nome do utilizador",
            "password": "senha; palavra-passe",
            "use_ssl": "usar ssl; utilizar ssl; usar tls/ssl; utilizar tls/ssl",
            "authentication": "autenticação",
            "port": "porta do servidor; porta",
            "on": "servidor",
            "only_this_server": "usar somente este servidor; usar apenas este servidor; utilizar apenas este servidor",
            "email": "e-mail; endereço de e-mail",
        },
        on="sim; ativado; ativada; ligado",
        off="não; desativado; desativada; desligado",
        empty="vazio; opcional; obrigatório; obrigatória; necessário; necessária",
        password="senha; palavra-passe",  # noqa: S106 - the name of a login method
        none="nenhuma; nenhum",
    ),
    "ja": Words(
        sections={
            "incoming": "受信メールサーバ; 受信メールサーバー",
            "outgoing": "送信メールサーバ; 送信メールサーバー; 送信用メールアカウント",
            "primary": "プライマリサーバ; プライマリサーバー",
            "others": "ほかのsmtpサーバ; その他のsmtpサーバ; 他のsmtpサーバ; その他のsmtpサーバー",
        },
        labels={
            "host": "ホスト名",
            "username": "ユーザ名; ユーザー名",
            "password": "パスワード",
            "use_ssl": "sslを使用; tls/sslを使用",
            "authentication": "認証",
            "port": "サーバポート; サーバーポート; ポート",
            "on": "サーバ; サーバー",
            "only_this_server": "このサーバのみを使用; このサーバーのみを使用",
            "email": "メール; メールアドレス",
        },
        on="オン; はい",
        off="オフ; いいえ",
        empty="空; 空欄; 任意; オプション; 必須",
        password="パスワード",  # noqa: S106 - the name of a login method
        none="なし",
    ),
}


def _names_by_word(*tables: Mapping[str, str]) -> dict[str, str]:
    return {word: name for table in tables for name, words in table.items() for word in _listed(words)}


def _all(*lists: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(_listed, lists)))


SECTIONS = _names_by_word(*(words.sections for words in LANGUAGES.values()))
"""What begins a part of the page -> which part."""
LABELS = _names_by_word(*(words.labels for words in LANGUAGES.values()))
"""What stands before a value -> the field."""
ON = _all(*(words.on for words in LANGUAGES.values()))
OFF = _all(*(words.off for words in LANGUAGES.values()))
EMPTY = _all("", *(words.empty for words in LANGUAGES.values()))
PASSWORD = _all(*(words.password for words in LANGUAGES.values()))
NONE = _all(*(words.none for words in LANGUAGES.values()))
