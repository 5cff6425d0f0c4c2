"""
Stems of words for each concept: English, German, French, Spanish, Italian, Dutch, Portuguese, Polish, Czech, Russian
and Ukrainian, Swedish, Danish and Norwegian, Finnish, Hungarian, Turkish, Japanese, Chinese, Korean.

A stem stands at the beginning of a word; `.` at its end: the word is over there; `~` before it: anywhere in a word, for
compounds; `_` is a space. Accents are folded away, as in every text; scripts without spaces match anywhere.
"""

from collections.abc import Mapping

from profilegen.diagnosis.concepts import Concept
from profilegen.diagnosis.vocabulary_states import STATES

_THINGS = {
    Concept.NOT: (
        "not. no. cannot never neither nor. without unable none. nothing nicht. kein nie. ohne konnte_nicht pas. "
        "ne. n. aucun sans. jamais sin. ningun nunca tampoco non. nessun senza mai. niet. geen zonder nao. nenhum "
        "sem. nem. bez. brak. zaden neni. nelze. nebyl nejde zadn nepod nemoh nemuz neexist nesouhlas neplat "
        "nepovol neodpov nezdar не. нет. без. нельзя невозможн невдал немож неможлив inte. ej. ingen utan. "
        "kunde_inte ikke. uten. uden. intet. ei. eivat. eika. ilman. nincs. nelkul. degil. yok. desteklemiyor "
        "desteklenmiyor bulunamad edilemed kurulamad gonderilemed alinamad izin_vermiyor reddet ません ない なし "
        "なかった 未 無 不 无 没 沒 非 않 없 못 neshod uyusmu eslesmi yapilamad sunmu unterscheid differ diferent "
        "divers. verschill rozni отлича відрізн skiljer afvig kulonboz farkli eri_kuin 異な 不同 다르 отсутств "
        "відсутн"
    ),
    Concept.SERVER: (
        "server ~server serveur servidor serwer сервер palvelim kiszolgalo szerver sunucu サーバ 服务器 伺服器 "
        "服務器 서버 tjener ~tjener"
    ),
    Concept.HOST: (
        "host. hosts. hostname host_name server_name hostnam rechnername servername nom_d_hote nom_de_l_hote "
        "hote. nom_du_serveur nombre_del_servidor nombre_de_host nome_host nome_del_server nome_server hostnaam "
        "servernaam nome_do_servidor nome_do_host nazw_hosta nazwa_serwera nazwa_hosta nazev_serveru хост "
        "имя_сервера имени_сервера именем_сервера ім_я_сервера vardnamn servernamn vaertsnavn vertsnavn "
        "servernavn palvelimen_nimi isantanimi gepnev kiszolgalonev sunucu_ad anamakine ホスト サーバー名 "
        "サーバ名 主机名 主機名 主机 호스트 makine_ad jmeno_serveru jmenem_serveru nom_du_serv"
    ),
    Concept.NETWORK: (
        "network internet netzwerk reseau red. de_red redes. rete. netwerk rede. siec. sieci. siec sit. site. "
        "sitove сеть. сети. сетев мереж natverk netvaerk nettverk verkko verkon halozat ag. aginiz ネットワーク "
        "网络 網路 네트워크 offline online. wi_fi wifi интернет інтернет インターネット 인터넷 互联网 網際網路 "
        "因特网 dataforbind"
    ),
    Concept.CONNECT: (
        "connect ~verbind connexion connecter conexion conect connession collegament conexao ligacao polacze "
        "pripoj spojen соедин подключ з_єднан підключ anslut ansluta forbindelse tilkobl tilslut yhtey yhdist "
        "kapcsol csatlakoz baglan 接続 连接 連線 連接 연결 접속 contact kontakt"
    ),
    Concept.LOGIN: (
        "auth. authent login logon log_in logging_in sign_in signing_in sign_on sasl anmeld einlogg identifi "
        "autent inicio_de_sesion iniciar_sesion accesso acced inlog aanmeld iniciar_sessao zalog uwierzyt logow "
        "autory prihlas overen autentiz аутентиф авториз вход войти автентиф авторизац вхід logga_in inlogg "
        "logg_inn innlogg log_ind godkend todenn todent kirjaut sisaanki hitelesit bejelentk azonosit "
        "kimlik_dogrul oturum giris 認証 ログイン 登录 登入 认证 驗證 验证身份 身份验证 인증 로그인 logged "
        "autoriz verificatie identitetsbekr"
    ),
    Concept.METHOD: (
        "mechanism method cram_md5 digest_md5 ntlm. gssapi. xoauth2. oauthbearer scram kerberos auth_type "
        "authentication_type mechanismus verfahren methode mecanism metod meccanism mechanizm mechanismen metoda "
        "mechanis механизм метод спосіб metoden mekanism tapa. menetelm mekanizm yontem 方式 方法 机制 機制 "
        "メカニズム 방식 방법 ~methode ~metod ~metode ~metoda ~tapaa ~tapa. ~mechanism selected chosen gewahlt "
        "ausgewahlt selectionn choisi seleccion selezion geselect gekoz selecion wybran vybran выбран обран vald. "
        "valda valgt valgte valitt valasztott secil 選択 选择 選擇 选定 選取 선택 modszer mod."
    ),
    Concept.PASSWORD: (
        "password passwd passphrase passcode ~passwort ~kennwort mot_de_passe contrasen clave. wachtwoord senha "
        "palavra_passe parola hasl heslo парол losenord ~losenord adgangskode passord kodeord salasana jelszo "
        "sifre パスワード 密码 密碼 口令 비밀번호 암호 pass. mots_de_passe mot_passe ~wachtwoord salasan hesl "
        "jelsz ~adgangskod"
    ),
    Concept.USER: (
        "user. users. username userid user_name user_id ~benutzer nutzername anwender utilisateur identifiant "
        "usuario utente gebruiker utilizador uzytkown uzivatel jmeno. pouzivat пользовател логин користувач "
        "anvandar bruger bruker kayttaj felhasznalo kullanici ユーザ 用户 使用者 用戶 帐号名 사용자 아이디"
    ),
    Concept.CREDENTIALS: (
        "credential zugangsdaten anmeldedaten anmeldeinformation informations_d_identification credencial "
        "credenzial referentie inloggegevens aanmeldgegevens gegevens_voor dane_logowania danych_logowania "
        "poswiadcze prihlasovaci_udaj udaje. учетн_данн учётн_данн данные_для inloggningsuppgift loginoplysning "
        "legitimasjon tunnistetie hitelesito_adat kimlik_bilgi 認証情報 凭据 憑證 자격_증명 자격증명"
    ),
    Concept.ACCOUNT: (
        "account konto. kontos. ~konto. ~kontos. kontot konten compte cuenta conta. contas. konta. kontem kontu. "
        "ucet uct аккаунт учетн учётн облік обліков запис konto tili. tilin. tilisi tilille fiok hesab hesap "
        "アカウント 帐户 帐号 账号 账户 帳戶 帳號 계정 sender_s_account"
    ),
    Concept.MAILBOX: (
        "mailbox mail_box inbox ~postfach boite buzon casella postvak ~mailbox caixa_postal caixa_de skrzyn "
        "schrank ящик скриньк brevlad postkasse postboks innboks postilaatik postafiok posta_kutu メールボックス "
        "邮箱 信箱 郵箱 메일함 편지함 사서함"
    ),
    Concept.RECIPIENT: (
        "recipient addressee destination_address destination_mailbox rcpt. empfanger destinataire destinatari "
        "ontvanger odbiorc adresat prijem получател одержувач отримувач адресат mottagar modtager mottaker "
        "vastaanottaj cimzett alici 受信者 宛先 收件人 收件者 收信人 받는_사람 수신자 수신인 to_address"
    ),
    Concept.SENDER: (
        "sender. senders. originator mail_from from_address from_header return_path envelope_from reverse_path "
        "absender expediteur emetteur remitente mittente afzender remetente nadawc odesilatel отправител "
        "відправник avsandar afsender avsender lahettaj felado gonderen gonderici 送信元 差出人 送信者 発信者 "
        "发件人 寄件者 發信人 寄件人 发信人 발신자 보낸_사람 발신인 from_domain"
    ),
    Concept.ADDRESS: (
        "address ~adress adresse direccion indirizz ~adres endereco adresa adresu адрес osoite cim. cime. cimet "
        "アドレス 地址 位址 주소 ~osoite ~osoit"
    ),
    Concept.DOMAIN: (
        "domain domaine dominio domein domen домен domæn toimialue tartomany alan_ad ドメイン 域名 网域 網域 도메인"
    ),
    Concept.MESSAGE: (
        "message email. mail. mails. letter nachricht ~nachricht courriel courrier mensaj correo messaggio "
        "bericht mensagem correio wiadomo zprav сообщен письм почт повідомлен лист meddeland brev. besked melding "
        "viest uzenet level ileti mesaj posta メール メッセージ 邮件 郵件 信件 메일 메시지 body. post. e_post "
        "mejl"
    ),
    Concept.SEND: (
        "send sent. sending submission deliver versend senden ~versand gesendet envoi envoy enviar envia enviad "
        "invia invio verzend verstur wysyl wysl wyslan odesl odesil poslat отправ отсыл надісл надсил відправ "
        "skicka sanda sende lahet kuld gonder 送信 发送 傳送 發送 寄送 전송 보내 보낼 발송"
    ),
    Concept.ATTACHMENT: (
        "attach ~anhang piece_jointe pieces_jointes adjunto allegat bijlage anexo zalacz priloh влож вкладен "
        "bilag bifogad vedlegg liite csatolman melleklet eklenti ek. 添付 附件 附加檔案 첨부"
    ),
    Concept.CERTIFICATE: (
        "certif cert. certs. ~zertifikat certyfikat сертифик сертифік sertifika varmen varmenne tanusit 証明書 "
        "证书 憑證 證書 인증서 certifikat ~certifikat ~sertifikat ~certificaat cn. 簽證 憑証 tanusito "
        "palvelinsertif ~sertif"
    ),
    Concept.ISSUER: (
        "issuer authority ca. root signer chain aussteller zertifizierungsstelle emetteur_du autorite emisor "
        "autoridad emittente autorita uitgever autoriteit emissor autoridade wystawc urzad vydavatel autorit "
        "издател выдан центр_серт utfardare udsteder utsteder myontaj kibocsat veren 発行 签发 頒發 颁发 발급 "
        "hatosag видавц"
    ),
    Concept.TLS: "tls ssl starttls secure_socket",
    Concept.STARTTLS: "starttls start_tls",
    Concept.ENCRYPTION: (
        "encrypt unencrypt cleartext plaintext clear_text plain_text secure. security insecure securely "
        "verschlussel unverschlussel sichere gesichert sicher. chiffre securise cifrad segura cifrat sicura "
        "crittograf sicurezza versleutel beveilig criptograf seguranca szyfrow bezpiecz zabezpiecz sifrov zabezp "
        "шифр безопасн защищ безпечн захищен krypter saker sikker salat salaus suojat titkosit biztonsag sifrel "
        "guvenli 暗号 安全 加密 암호화 보안 unverschl ukrypt okrypter non_chiff no_cifr nesifr незашиф незахищ "
        "зашифр encript zaszyfr sifrovan titkos"
    ),
    Concept.PLAIN: (
        "cleartext plaintext clear_text plain_text unencrypt not_encrypt klartext klartekst unverschl ungesichert "
        "en_clair non_chiff non_securis no_cifr texto_plano texto_sin_form texto_claro texto_puro texto_simpl "
        "texto_aberto em_claro testo_sempl testo_in_chiaro in_chiaro non_crittog platte_tekst plattetekst "
        "onversleut onbeveilig jawnym otwartym_tekst tekst_otwart niezaszyfr nezasifr nesifr cisty_text "
        "открытым_текст открытом_вид незашифр обычных_текст незахищ звичайних_парол okrypter ukrypt ukrypter "
        "salaamat selvakiel selkokiel duz_metin sifrelenmemis titkositatlan sima_szoveg 平文 明文 未加密 "
        "暗号化されていない 평문 암호화되지"
    ),
    Concept.RELAY: (
        "relay relais relayag retransmi reenvi reencaminh inoltr doorstur doorzend doorgev weiterleit weiterverm "
        "przekazyw przekazan relej preposil predav ретрансл пересыл релей пересил vidarebefordr rela. videresend "
        "vality edelleenvali atjatsz tovabbit aktar リレー 中継 中继 转发 轉發 轉寄 릴레이 중계 ~relay 第三者中継"
    ),
    Concept.STORAGE: (
        "quota overquota storage disk space. speicherplatz kontingent espace espacio cuota spazio quote. ruimte "
        "espaco cota. limit_miejsca miejsc kvot misto. квот места. мест. utrymme plads plass kiintio tila. tilaa. "
        "tarhely kota. alan. 容量 空间 空間 配额 配額 ディスク 공간 용량 할당량"
    ),
    Concept.SIZE: (
        "size larger_than bytes byte. mb. kb. megabyte ~grosse taille tamano dimension grootte tamanho rozmiar "
        "wielko velikost размер розмір storlek storrelse koko. koon meret boyut サイズ 大小 크기 length"
    ),
    Concept.RATE: (
        "per_hour per_day per_minute hourly daily monthly weekly rate. ratelimit frequency throttl pro_stunde "
        "pro_tag taglich stundlich par_heure par_jour quotidien journal por_hora por_dia diario diari per_ora "
        "al_giorno giornalier orario per_uur per_dag dagelijks na_godzin dziennie dzienny za_hodinu denni в_час "
        "в_день сутки в_сутки суточн час. добов per_timme per_time dagligen daglig paivitt tunniss paivass "
        "orankent napi saatlik gunluk saatte 時間あたり 1日 毎日 每小时 每天 每日 每小時 频率 頻率 频繁 頻繁 "
        "시간당 하루 일일 빈도 too_fast slow_down credit bulk"
    ),
    Concept.BROWSER: (
        "browser webmail web. website navigateur navegador webbrowser przegladark prohlizec браузер selain "
        "bongesz tarayici ブラウザ 浏览器 瀏覽器 网页 網頁 브라우저 captcha"
    ),
    Concept.TOKEN: "token oauth oauth2 xoauth2 jeton ficha. жетон токен トークン 令牌 토큰",
    Concept.APP: (
        "app_password app_specific application_specific application_password anwendungsspezif app_passw app_kennw "
        "mot_de_passe_d_app mot_de_passe_specif contrasena_de_aplic contrasena_especif password_per_le_app "
        "password_per_l_app password_specific app_wachtw app_specif senha_de_app senha_de_aplic haslo_aplik "
        "haslo_dla_aplik heslo_aplik heslo_pro_aplik пароль_прилож пароль_для_прилож пароль_для_внешн "
        "пароль_додатк applosenord app_losenord appadgangs app_passord sovelluskoht sovellussalas alkalmazasjel "
        "uygulama_sifre アプリパスワード アプリ用 アプリケーション固有 授权码 授權碼 专用密码 應用程式密碼 "
        "应用专用 앱_비밀번호"
    ),
    Concept.APPLICATION: (
        "app. apps. appen. application applicat anwendung applikation aplicac aplicaci aplicativo applicaz "
        "toepassing aplikac aplikacj приложен додатк застосунк sovellus uygulama alkalmazas アプリ 应用 應用 앱 "
        "어플"
    ),
    Concept.ATTEMPTS: (
        "attempt attempts tries retries versuch tentativ intentos pogingen prob. proby pokus попыт спроб forsok "
        "forsog yrity kiserlet deneme 試行 尝试 嘗試 次数 次數 시도 횟수"
    ),
}

VOCABULARY: Mapping[Concept, str] = {**_THINGS, **STATES}
"""Stems, with spaces between, of every concept."""
