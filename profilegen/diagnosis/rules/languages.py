"""
The same in other languages: what phones and servers show in German, French, Spanish, Italian, Dutch, Portuguese,
Japanese, Chinese and Russian. Accents are folded away, as in every text.
"""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import BEYOND_DOUBT, CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, LOGIN, rule

_ANY_LOGIN = f"{LOGIN} {ENVELOPE}"

_RELAY = (
    "relais; relayage; relayer; relaying; relay nicht; relay * erlaubt; weiterleit~; weitergab~; "
    "weitervermitt~; retransmi~; reenvi~; reencaminh~; inoltro; inoltrar~; doorsturen; doorzend~; "
    "doorgeven; reles; リレー; 中継; 中继; 转发; 轉發; 릴레이; релей; ретрансляц~; пересылк~"
)
_LOGIN_WANTED = (
    "authentifizierung * erforderlich/notwendig/notig; authentifizierung erforderlich; "
    "anmeldung erforderlich; erst anmelden; nicht angemeldet; nicht authentifiziert; anmelden * server; "
    "ohne anmeldung; ohne authentifizierung; authentification requise; "
    "authentification * requise/obligatoire/necessaire; authentifiez; authentifier; non authentifie; "
    "identification requise; sans authentification; requiere autenticacion; "
    "autenticacion * requerida/necesaria/obligatoria; debe autenticarse; no autenticado; "
    "se requiere * autentic~; sin autenticacion; sin autenticar; es necesario autentic~; "
    "autenticazione richiesta; autenticazione * necessaria/richiesta/obbligatoria; "
    "richiesta l autenticazione; non autenticato; necessario autenticarsi; senza autenticazione; "
    "richiede l autenticazione; authenticatie vereist; verificatie vereist; aanmelden * vereist; "
    "niet aangemeld; niet geauthenticeerd; moet * aanmelden; authenticatie * verplicht/nodig; "
    "autenticacao * necessaria/requerida/obrigatoria/exigida; requer autenticacao; nao autenticado; "
    "necessario autenticar; sem autenticacao; exige autenticacao; 認証が必要; 認証が行われていません; "
    "認証されていません; 需要认证; 需要身份验证; 需要登录; 未认证; 身份验证后; 请先登录; "
    "требуется авторизация; требуется аутентификация; необходима авторизация; необходима аутентификация; "
    "wymagane uwierzytelni~; wymagana autoryzacja"
)

RULES = (
    rule(Cause.RELAY_DENIED_CONTEXT_NEEDED, _RELAY, CLEAR, stages=ENVELOPE),
    rule(Cause.AUTH_NOT_CONFIGURED, _RELAY, BEYOND_DOUBT, stages=ENVELOPE, login=False),
    rule(Cause.AUTH_NOT_CONFIGURED, _RELAY, HINT, stages=ENVELOPE),
    rule(Cause.SENDER_NOT_OWNED, _RELAY, LIKELY, stages=ENVELOPE, login=True),
    rule(Cause.SERVER_MISCONFIGURED, _RELAY, CLEAR, stages=ENVELOPE, login=True),
    rule(
        Cause.AUTH_NOT_CONFIGURED,
        "server * relais/relayage/relayer; serveur * relais/relayage/relayer; server * weiterleit~/relaying; "
        "weiterleit~ * server; servidor * retransmi~/reenvi~/reencaminh~/relay; "
        "server * inoltro/relay/inoltrar~; server * doorsturen/doorzend~; "
        "postausgang * server * weiterleit~/relaying/relay; uit bak * server; boite d envoi * relai~; "
        "サーバ * リレー; サーバがリレー",
        CERTAIN,
        stages=ENVELOPE,
        made_for="apple",
    ),
    rule(Cause.AUTH_NOT_CONFIGURED, _LOGIN_WANTED, CERTAIN, stages=ENVELOPE),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "anmeldung fehlgeschlagen; authentifizierung * fehlgeschlagen/fehlerhaft; authentifizierungsfehler; "
        "kennwort/passwort * falsch/ungultig/inkorrekt/nicht; falsches/ungultiges passwort/kennwort; "
        "zugangsdaten * falsch/ungultig; benutzername * falsch/ungultig/inkorrekt; login fehlgeschlagen; "
        "anmeldedaten; authentification * echou~/echec/invalide/incorrecte/refusee; "
        "echec * authentification/connexion/identification; identifiant~ * incorrect~/invalide~/errone~; "
        "mot de passe * incorrect/invalide/errone; erreur d authentification; mauvais mot de passe; "
        "nom d utilisateur * incorrect; contrasena * incorrect~/invalida/erronea; "
        "autenticacion * fall~/incorrecta/invalida/fallida/rechazada; error de autenticacion; "
        "credenciales * invalid~/incorrect~; usuario * incorrect~/invalid~; clave incorrecta; "
        "fallo * autenticacion; no * valida; inicio de sesion; password * errat~/corrett~/valid~; "
        "autenticazione * fallit~/riuscita/errata; credenziali * valid~/errat~; errore di autenticazione; "
        "nome utente * corrett~/valid~/errat~; accesso * fallito/negato; "
        "wachtwoord * onjuist/ongeldig/verkeerd/fout; authenticatie * mislukt; aanmelden/inloggen mislukt; "
        "aanmelding mislukt; gebruikersnaam * onjuist/ongeldig; verificatie mislukt; "
        "senha * incorret~/invalid~/errada; palavra passe * incorret~/invalid~; "
        "autenticacao * falh~/invalida/incorreta; falha * autenticacao; erro de autenticacao; "
        "credenciais * invalidas/incorretas; usuario ou senha; usuario * invalid~; nome de usuario * incorret~; "
        "認証 * 失敗; 認証に失敗; 認証エラー; パスワードが正しくありません; パスワードが違; パスワード * 間違; "
        "パスワード * 正しく; 認証失敗; ユーザ名 * パスワード; 用户名或密码; 密码错误; 认证失败; 验证失败; "
        "登录失败; 帐号或密码; 账号或密码; 密碼錯誤; 驗證失敗; 身份验证失败; 비밀번호; 인증 실패; 인증에 실패; "
        "неверн~ * парол~/логин~/данны~; ошибка аутентификации; ошибка авторизации; "
        "неправильн~ * парол~/логин~; nieprawidlowe haslo; bledne haslo; blad autoryzacji; spatne heslo; "
        "felaktigt losenord",
        CLEAR,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_BAD_CREDENTIALS,
        "benutzername oder passwort/kennwort; benutzername oder das passwort/kennwort; "
        "nom d utilisateur ou * mot de passe; nombre de usuario o * contrasena; nome utente o * password; "
        "gebruikersnaam of * wachtwoord; nome de usuario ou * senha; ユーザ名またはパスワード; 用户名或密码",
        CLEAR,
    ),
    rule(
        Cause.APP_PASSWORD_REQUIRED,
        "anwendungsspezifisch~; app spezifisch~; app passwort; anwendungspasswort; mot de passe * application; "
        "mot de passe d application; contrasena * aplicacion/aplicaciones; password specifica * app; "
        "password per app; app specifiek; app wachtwoord; senha de app/aplicativo; senha * aplicativo~; "
        "palavra passe * app; アプリパスワード; アプリ用パスワード; app用パスワード; 授权码; 授權碼; 独立密码; "
        "专用密码; 客户端授权; 授权密码; 登录授权; парол~ * приложени~; haslo aplikacji; 앱 비밀번호",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(Cause.APP_PASSWORD_REQUIRED, "授权码; ÇëÊ¹ÓÃÊÚÈ¨Âë", CERTAIN, made_for="qq"),
    rule(
        Cause.SMTP_AUTH_DISABLED,
        "imap/pop3/pop/smtp * deaktiviert/aktivieren/ausgeschaltet/desactive~/activer/desactivad~; "
        "imap/pop3/pop/smtp * activar/habilitar/disabilitat~/attivare/uitgeschakeld/desativad~/ativar; "
        "imapが無効; smtp * 無効; 未开启; 未开通; 服务未; 开启服务; 关闭了; smtp * 关闭; 功能未; "
        "有効になっていません; отключен~ * imap/smtp; доступ * imap/smtp; 没有开启",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.ACCOUNT_DISABLED,
        "konto * gesperrt/deaktiviert/blockiert; gesperrt; zugang * gesperrt; "
        "compte * suspendu/bloque/desactive/verrouille; "
        "cuenta * suspendida/bloqueada/deshabilitada/desactivada; account * sospeso/disabilitat~/bloccat~; "
        "account * geblokkeerd/uitgeschakeld/opgeschort; conta * suspensa/bloqueada/desativada/desabilitada; "
        "アカウント * 停止/無効/ロック/凍結; アカウントが停止; アカウントがロック; アカウントは停止; 帐号被; "
        "账号被; 冻结; 停用; 封禁; 锁定; 账户被; аккаунт * заблокирован~; "
        "учетная запись * отключена/заблокирована; ящик * заблокирован~; konto * zablokowane/zawieszone",
        CLEAR,
        stages=_ANY_LOGIN,
    ),
    rule(
        Cause.ACCOUNT_VERIFICATION_REQUIRED,
        "melden sie sich * browser/web; connectez vous * navigateur; navegador * web; "
        "verifique su cuenta/identidad; ブラウザでログイン; 浏览器登录; 验证码; 安全验证; 网页登录; 身份确认; "
        "подтвердите",
        CLEAR,
        stages=LOGIN,
    ),
    rule(
        Cause.PASSWORD_EXPIRED,
        "passwort/kennwort * abgelaufen; mot de passe * expire; contrasena * caducado/expirado/caducada; "
        "password * scaduta; wachtwoord * verlopen; senha * expirou/expirada; パスワード * 期限; "
        "パスワードの有効期限; 密码已过期; 密码过期; 过期; срок действия пароля",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.TOO_MANY_AUTH_FAILURES,
        "zu viele * anmeld~/login~/versuche/fehlversuche; trop de tentatives; demasiados intentos; "
        "troppi tentativi; te veel * pogingen/inlogpogingen; muitas tentativas; excesso de tentativas; "
        "ログイン * 回数; 試行回数; 登录次数; 登录频繁; 尝试次数; 次数过多; слишком много попыток; "
        "登录过于频繁; 登录失败次数",
        CERTAIN,
        stages=LOGIN,
    ),
    rule(
        Cause.AUTH_REQUIRES_TLS,
        "nur * verschlusselt~; verschlusselte verbindung; unverschlusselt~; connexion chiffree/securisee; "
        "conexion segura/cifrada; connessione sicura; beveiligde verbinding; conexao segura; 暗号化; 加密连接; "
        "ssl加密; защищенн~ соединени~",
        LIKELY,
        stages=LOGIN,
    ),
    rule(
        Cause.TLS_REQUIRED_NOT_USED,
        "nur * verschlusselt~; verschlusselte verbindung; verschlusselung erforderlich; unverschlusselt~; "
        "connexion chiffree/securisee; chiffrement; conexion segura/cifrada; connessione sicura; "
        "beveiligde verbinding; conexao segura; 暗号化; 加密; защищенн~ соединени~; шифровани~",
        LIKELY,
        stages=ENVELOPE,
    ),
    rule(
        Cause.TLS_UNTRUSTED,
        "serveridentitat * nicht; identitat * server~ * nicht * uberpruft/verifiziert; "
        "identitat von * nicht * uberpruft~; zertifikat * nicht * vertrau~/verifiziert; identite * serveur; "
        "identite * verifi~; certificat * approuve/fiable/verifi~/signe; verificar la identidad; "
        "certificado * confianza/confiable/valido; verificare l identita; certificato * attendibile/valido; "
        "identiteit * server; identiteit * niet; certificaat * vertrouwd; verificar a identidade; "
        "certificado * confiavel; 識別情報 * 検証; サーバの識別情報; 証明書 * 信頼; 证书 * 信任; "
        "无法验证 * 身份; 不受信任; сертификат * доверен~; 証明書を検証",
        CLEAR,
    ),
    rule(
        Cause.TLS_CERT_EXPIRED,
        "zertifikat * abgelaufen; certificat * expire; certificado * caducado/expirado/vencido/expirou; "
        "certificato * scaduto; certificaat * verlopen; 証明書 * 期限; 证书 * 过期; срок * сертификат~; "
        "сертификат * истек",
        CERTAIN,
    ),
    rule(
        Cause.TLS_HOSTNAME_MISMATCH,
        "zertifikat * stimmt nicht; zertifikat * nicht * name~; certificat * correspond pas; "
        "certificado * no coincide/corresponde; certificato * non corrisponde; certificaat * komt niet overeen; "
        "certificado * nao corresponde; 証明書 * 一致; 证书 * 不匹配",
        CERTAIN,
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "zeituberschreitung; antwortet nicht; reagiert nicht; zeitlimit; delai d attente; delai * depasse; "
        "ne repond pas; tiempo de espera; no responde; tempo scaduto; non risponde; tempo di attesa; time out; "
        "reageert niet; tempo limite; nao responde; nao esta respondendo; tempo esgotado; タイムアウト; "
        "応答がありません; 応答していません; 超时; 逾時; превышено время; тайм аут; не отвечает; 没有反应",
        CLEAR,
        stages="connect",
    ),
    rule(
        Cause.CONNECT_TIMEOUT,
        "zeituberschreitung; delai d attente; tiempo de espera; タイムアウト; 超时; antwortet nicht; "
        "ne repond pas; no responde; non risponde; reageert niet; 応答していません; "
        "verbindung zum server * fehlgeschlagen; connexion au serveur a echoue; "
        "verbinding met * server * mislukt; サーバへの接続に失敗",
        LIKELY,
        stages="connect banner tls",
    ),
    rule(
        Cause.CONNECT_REFUSED,
        "verbindung * verweigert~/abgelehnt/zuruckgewiesen; connexion refusee; conexion rechazada/denegada; "
        "connessione rifiutata; verbinding geweigerd; conexao/ligacao recusada; 接続を拒否; 接続が拒否; "
        "拒绝连接; 连接被拒; 积极拒绝; 拒绝; отказано в подключени~; отверг запрос",
        CERTAIN,
        stages="connect",
    ),
    rule(
        Cause.DNS_FAILURE,
        "server * nicht gefunden; hostname * nicht; unbekannter host; hote introuvable/inconnu; "
        "serveur introuvable; nom d hote; host desconocido; no se encontro * servidor; host sconosciuto; "
        "server non trovato; onbekende host; host desconhecido; servidor nao encontrado; "
        "ホスト * 見つかりません; サーバが見つかりません; 主机 * 找不到; 不知道这样的主机; 无法解析; "
        "узел не найден; хост неизвестен; этот хост неизвестен; der angegebene host ist unbekannt",
        CERTAIN,
        stages="dns connect",
    ),
    rule(
        Cause.NETWORK_UNREACHABLE,
        "netzwerk * nicht erreichbar; keine internetverbindung; offline; reseau * inaccessible; "
        "pas * connexion internet; sin conexion; red * inaccesible; rete * raggiungibile; nessuna connessione; "
        "geen internet~; netwerk * niet; sem conexao; rede * inacessivel; ネットワーク * 到達; オフライン; "
        "インターネットに接続; 网络不可达; 网络不可用; сеть недоступна",
        CLEAR,
        stages="connect dns",
    ),
)
