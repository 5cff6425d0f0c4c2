"""The same in other languages, for senders, recipients, messages and servers in trouble (see `languages`)."""

from profilegen.diagnosis.causes import Cause
from profilegen.diagnosis.rule import CERTAIN, CLEAR, ENVELOPE, HINT, LIKELY, LOGIN, WEAK, rule

_ANY_LOGIN = f"{LOGIN} {ENVELOPE}"

RULES = (
    rule(
        Cause.RECIPIENT_UNKNOWN,
        "empfanger * unbekannt/existiert/ungultig/nicht; unbekannter empfanger/benutzer; postfach * nicht; "
        "benutzer * unbekannt/existiert; existiert nicht; destinataire~ inconnu/invalide/introuvable; "
        "destinataire * invalide/inconnu/existe; adresse * invalide/inconnue/existe pas; utilisateur inconnu; "
        "n existe pas; usuario desconocido/inexistente; no existe; destinatario desconocido/inexistente; "
        "utente sconosciuto; nessun utente; destinatario sconosciuto/inesistente; non esiste; "
        "casella * inesistente; gebruiker onbekend; onbekende gebruiker/ontvanger; bestaat niet; "
        "usuario/utilizador/destinatario desconhecido/inexistente/invalido; nao existe; conta inexistente; "
        "存在しません; 宛先不明; 見つかりません; ユーザーが存在; 用户不存在; 收件人不存在; 账号不存在; "
        "邮箱不存在; 用户未找到; 无此用户; не найден; не существует; несуществующ~; nieznany uzytkownik; "
        "nie istnieje",
        CERTAIN,
        stages="rcpt_to data",
    ),
    rule(
        Cause.RECIPIENT_MAILBOX_FULL,
        "postfach * voll; speicherplatz; kontingent; boite * pleine; quota depasse; depasse * quota; "
        "espace insuffisant; buzon * lleno; cuota; espacio insuficiente; casella * piena; "
        "spazio * esaurito/insufficiente; postvak * vol; mailbox * vol; caixa * cheia; cota; excedeu * cota; "
        "いっぱい; 容量; 邮箱已满; 空间不足; 容量已满; 邮箱满; 信箱已满; переполнен; квот~; "
        "skrzynka * pelna",
        CERTAIN,
        stages="rcpt_to data",
    ),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "postfach * voll; speicherplatz; boite * pleine; buzon * lleno; casella * piena; postvak * vol; "
        "caixa * cheia; いっぱい; 容量; 邮箱已满; 空间不足; ihr postfach; ihres postfach~; votre boite; "
        "su buzon; sua caixa; переполнен; 您的邮箱",
        CERTAIN,
        stages="mail_from auth imap_login",
    ),
    rule(
        Cause.OWN_MAILBOX_FULL,
        "ihr postfach * voll; votre boite * pleine; su buzon * lleno; sua caixa * cheia; "
        "la tua casella * piena; 您的邮箱 * 满",
        CERTAIN,
    ),
    rule(
        Cause.RATE_LIMITED,
        "zu viele * nachrichten/emails/mails/empfanger; sendelimit; versandlimit; limit uberschritten; "
        "tageslimit; stundenlimit; trop de * messages/mails/courriels/destinataires; limite d envoi; "
        "quota d envoi; demasiados * mensajes/correos/destinatarios; limite de envio; limite * envios; "
        "limite diario; troppi * messaggi/invii/destinatari; limite * invio/invii/giornaliero; "
        "te veel * berichten/emails; verzendlimiet; muitas mensagens; muitos * emails; limite * envio/diario; "
        "送信制限; 送信数; 送信上限; 上限; 发送频率; 发送次数; 发送数量; 超出 * 限制; 频率; 频繁; 发信量; 超限; "
        "每日; 次数限制; превышен лимит; слишком много писем; превышено количество; limit * wiadomosci",
        CERTAIN,
        stages=_ANY_LOGIN,
    ),
    rule(
        Cause.TOO_MANY_CONNECTIONS,
        "zu viele * verbindungen; trop de connexions; demasiadas conexiones; troppe connessioni; "
        "te veel verbindingen; muitas conexoes; 接続数; 同時接続; 连接数; 连接过多; слишком много соединений",
        CERTAIN,
    ),
    rule(
        Cause.MESSAGE_TOO_BIG,
        "nachricht * gross; maximale * grosse; grosse * uberschreitet; trop volumineux; trop gros; "
        "taille * depasse/maximale/limite; taille limite; demasiado grande; tamano * excede/supera/maximo; "
        "excede * tamano; troppo grande; dimension~ * supera/massim~; supera * dimension~; te groot; "
        "maximale grootte; muito/demasiado grande; tamanho * excede/maximo; excede * tamanho; サイズ; 大きすぎ; "
        "邮件过大; 邮件大小; 附件过大; 太大; 超过 * 大小; слишком большо~; размер * превыша~",
        CERTAIN,
        stages=ENVELOPE,
    ),
    rule(
        Cause.SENDER_NOT_OWNED,
        "absender~ * nicht/abgelehnt/ungultig/stimmt; nicht berechtigt * absender~; "
        "expediteur * refuse/rejete/autorise/invalide/correspond~; "
        "remitente * rechazad~/autorizad~/permitid~/coincid~; "
        "mittente * rifiutat~/autorizzat~/consentit~/corrispond~; afzender * geweigerd/toegestaan/komt; "
        "remetente * rejeitad~/recusad~/autorizad~/permitid~/correspond~; 送信元; 差出人 * 拒否; "
        "差出人アドレス; 送信者 * 拒否; 送信者アドレス; 发件人 * 不; 发信人; 寄件者 * 不; 发件人和; "
        "отправител~ * не; адрес отправителя; nadawc~ * odrzuc~",
        CLEAR,
        stages=ENVELOPE,
    ),
    rule(
        Cause.SENDER_DOMAIN_INVALID,
        "absenderadresse * ungultig; absender * existiert nicht; adresse d expediteur invalide; "
        "emetteur invalide; dominio * remitente * no existe; dominio * no existe; dominio * inesistente; "
        "dominio * nao existe; 送信者アドレス * 無効; 发件人域名; 域名不存在",
        CLEAR,
        stages="mail_from",
    ),
    rule(
        Cause.IP_BLACKLISTED,
        "schwarz~ liste; sperrliste; auf * blacklist; liste noire; lista negra; lista nera; zwarte lijst; "
        "ブラックリスト; 黑名单; 黑名單; черн~ спис~; czarn~ list~; ip * gesperrt; "
        "ip * bloquee/bloqueada/bloccato",
        CERTAIN,
        stages=f"connect banner ehlo {ENVELOPE}",
    ),
    rule(
        Cause.GREYLISTED,
        "rechazo temporal; spater erneut * greylist~; essayez * plus tard; intente~ * tarde; 稍后再试; "
        "グレイリスト; しばらくしてから",
        LIKELY,
        stages="rcpt_to",
        codes="4xx",
    ),
    rule(
        Cause.CONTENT_REJECTED,
        "als spam; spamverdacht; virus; pourriel; indesirable; no deseado; indesiderat~; ongewenst~; "
        "indesejad~; 迷惑メール; スパム; 垃圾邮件; 垃圾郵件; 病毒; 内容 * 拒; 敏感; спам; вирус; 违规",
        CLEAR,
        stages=ENVELOPE,
    ),
    rule(
        Cause.SERVER_TEMP_FAILURE,
        "vorubergehend; zeitweise; spater erneut; spater noch einmal; nicht verfugbar; temporairement; "
        "plus tard; ulterieurement; indisponible; temporalmente; mas tarde; no disponible; temporaneamente; "
        "piu tardi; non disponibile; tijdelijk; later opnieuw; niet beschikbaar; temporariamente; mais tarde; "
        "indisponivel; 一時的; しばらく; 利用できません; 稍后; 暂时; 系统忙; 系统繁忙; 服务器忙; временно; "
        "позже; tymczasow~",
        LIKELY,
        stages=f"banner ehlo connect {ENVELOPE}",
    ),
    rule(
        Cause.AUTH_TEMP_FAILURE,
        "vorubergehend; spater erneut; temporairement; plus tard; temporalmente; mas tarde; temporaneamente; "
        "piu tardi; tijdelijk; temporariamente; mais tarde; 一時的; 稍后; 暂时; 系统忙; 系统繁忙; временно",
        LIKELY,
        stages=LOGIN,
    ),
    rule(
        Cause.STARTTLS_NOT_OFFERED,
        "starttls * nicht/pas/no/non/niet/nao; ssl * nicht/pas/niet/nao",
        LIKELY,
        stages="starttls",
    ),
    rule(
        Cause.SENDER_IDENTITY_UNVERIFIED,
        "nicht verifiziert; non verifie~; no verificad~; no esta verificad~; non verificat~; niet geverifieerd; "
        "nao verificad~; 未验证; 検証されていません",
        LIKELY,
        stages=ENVELOPE,
    ),
    rule(
        Cause.RECIPIENT_SYNTAX,
        "syntax~ * empfanger~; adresse * invalide; direccion * invalida; indirizzo * non valido; "
        "ongeldig adres; endereco * invalido; アドレス * 無効; 地址 * 无效; 收件人地址",
        HINT,
        stages="rcpt_to",
    ),
    rule(Cause.ACCOUNT_DISABLED, "gesperrt; suspendu; suspendida; sospeso; suspensa; 停止", WEAK),
)
