"""Stems of words for what happens to things: refused, unknown, expired and so on (see `vocabulary`)."""

from profilegen.diagnosis.concepts import Concept

STATES = {
    Concept.FULL: (
        "full. overquota over_quota exceeded_storage out_of_space voll. uberfullt plein satur lleno llena pien "
        "vol. cheia cheio pelna pelny przepeln preplnen plna. plny. переполн полон заполн повн fuld. taynna tele. "
        "megtelt betelt dolu. doldu いっぱい 満杯 已满 已滿 满了 가득 꽉 초과_용량"
    ),
    Concept.LIMIT: (
        "exceed limit maximum allowance over_limit overlimit ~limit. ~limits. uberschr uberschreit hochst maximal "
        "grenze depass limite excede excedi superad massim overschr maximaal przekroc prekroc лимит превыш превищ "
        "overskrid oversteg overskred gransen ylit enimm raja tullep asiyor asti. sinir 上限 制限 超過 超え 超过 "
        "超出 限制 超限 초과 제한 한도 budget overstig storre_end storre_enn meghalad perevys перевищ обмеж "
        "ограничен begrans begrens exceder overschred overschrij asild asil. tullepte 超えて"
    ),
    Concept.MANY: (
        "too_many too_much too_frequent too_often zu_viel trop_de trop. demasiad troppi troppe troppo te_veel "
        "muitas muitos excesso zbyt_wiel za_duzo prilis_mnoho слишком_много слишком_част забагато занадто "
        "for_manga for_mange liian_mon liian_usein tul_sok cok_fazla 多すぎ 過多 过多 太多 次数过 너무_많 "
        "maximum_number"
    ),
    Concept.BIG: (
        "too_big too_large too_long oversize larger_than zu_gross trop_volumineu trop_gros trop_grand "
        "demasiado_grande muy_grande troppo_grand te_groot muito_grande grande_demais zbyt_duz za_duzy za_duza "
        "prilis_velk слишком_больш завелик занадто_велик for_stor liian_suur tul_nagy cok_buyuk 大きすぎ 过大 "
        "過大 太大 너무_큽 너무_큰 너무_크"
    ),
    Concept.EXPIRED: (
        "expired expires expire. out_of_date outdated no_longer_valid not_yet_valid ~abgelaufen lauft_ab expire "
        "caduc venci scadut verlop expirad expirou wygasl przetermin utrac_wazn vyprsel истек истёк просроч срок "
        "закінч прострочен gatt_ut utgat ut. udlobet utlopt vanhent umpeutun lejart suresi_dol sureli gecmis 期限 "
        "有効期 过期 過期 到期 만료 utracil_wazn wazno vencio vanhentun вичерпан збіг_терм збіг. 만기 utgang "
        "muddeti_bit suresi_bit sona_er vyprsela udlob lobet_ud lopt_ut"
    ),
    Concept.WRONG: (
        "wrong invalid incorrect bad. bogus illegal malformed mistyped not_valid not_correct falsch ungultig "
        "inkorrekt fehlerhaft incorrecte invalide errone mauvais faux. non_valide erronea erroneo errat non_valid "
        "non_corrett sbagliat onjuist ongeldig verkeerd incorret errad inval nieprawid bledn niepopraw zla. "
        "neplatn nespravn chybn spatn неверн неправил недейств недопуст некоррект невірн неправильн недійсн "
        "felaktig ogiltig fel_losen fel. ugyldig forkert feil. feilaktig virheel vaar kelvot ervenytel hibas "
        "helytelen gecersiz yanlis hatali 正しくあ 正しくな 間違 無効 不正 错误 无效 無效 錯誤 不正确 不正確 잘못 "
        "틀 올바르지 유효하지 reserved improper"
    ),
    Concept.VALID: (
        "valid. valide. valides. valido. valida. validas. validos. correct. gultig korrekt richtig zulassig "
        "corrett geldig juist correto prawidl poprawn platna platny platne spravn верн. правильн действит "
        "корректн дійсн вірн giltig gyldig rett. rigtig kelvol oikea oikein ervenyes helyes gecerli dogru 有効な "
        "正しい 有效 正确 正確 유효 올바른"
    ),
    Concept.UNKNOWN: (
        "unknown unrecogn unrouteable unroutable unresolv nosuchuser unbekannt inconnu desconocid sconosciut "
        "onbekend desconhecid nieznan neznam неизвестн невідом okand ukendt ukjent tuntemat ismeretlen bilinmeyen "
        "不明 未知 알_수_없 no_such неизвест okant"
    ),
    Concept.FOUND: (
        "exist found find resolve resolved lookup gefunden ermittel finden. existier aufgelost trouv existe. "
        "encontr existe resolv trovat trovare esiste risol gevonden vinden bestaat znalez istniej rozwiaz odnalez "
        "nalez existuj найд существ знайд існу hitta finns funnet finnes findes fundet loyd olemassa talalhat "
        "letez nem_talal bulun mevcut 見つか 存在 解決 找到 找不 解析 查找 찾을 존재 searchs vyhled"
    ),
    Concept.REFUSED: (
        "refus reject denied deny. decline forbid prohibit unauthor disallow abgelehnt verweigert abgewiesen "
        "zuruckgewies lehnt. verwehrt refuse rejet rechaz denegad rifiut negat respint geweiger afgewez recus "
        "rejeit negad odrzuc odmow odmit zamit отказ отклон отверг відхил відмов avvis nekad avslag afvist nektet "
        "hylat hylka kielt estet elutasit megtagad reddet geri_cevir 拒否 拒绝 拒絕 拒 거부 거절"
    ),
    Concept.FAILED: (
        "fail unsuccess error. could_not problem unable fehlgeschlag gescheit fehler misslung echec echou erreur "
        "impossible fallo. fallid fallado error falla imposible fallit errore riuscit impossibil mislukt fout. "
        "niet_gelukt falh falha erro. impossivel nepowod niepowod blad blad. nie_powiodl nie_udal selhal selhani "
        "chyba chyby nepodar nezdar ошибк сбой неудач не_удал невозможно помилк збій не_вдал misslyck fel_vid "
        "mislykk fejl mislykt feil_ved feil_under kunne epaonnist virhe hiba. sikertelen nem_siker meghius "
        "basarisiz hata. olmad 失敗 できません エラー できなかった 失败 无法 無法 错误 실패 오류 수_없 nieudan"
    ),
    Concept.ALLOWED: (
        "allow permit authorized permission right_to accept erlaub zulassig gestattet berechtig zugelass autoris "
        "permis permet autoriz consent ammess toegestaan bevoegd toelaat toestaat permiti admit zezwal dozwol "
        "uprawn pozwal povol dovol opravn разреш допуск позвол дозвол tillat till_att behorig tillad tilladt "
        "tillatt sallit salli oikeut engedelyez megenged jogosult izin. izin yetki 許可 权限 允许 允許 授权 許 "
        "허용 권한 허가"
    ),
    Concept.REQUIRED: (
        "requir must. need. needs needed necessary mandatory only_allow first. please_login erforderlich "
        "notwendig benotigt musst mussen muss. verlangt zuerst requis obligatoire exige necessaire doit. requier "
        "requerid necesari debe. obligatori richie deve. obbligatori necess vereist verplicht nodig moet. moeten "
        "obrigat requer precisa wymag musi. nalezy koniecz vyzad musite povin nutn треб необходим должн обязат "
        "потріб необхідн krav maste behov skal. ma_du pakrev nodvendig kraev vaadi vaatii on_oltava taytyy "
        "szukseges kell. kovetel gerek zorunlu 必要 必須 要求 してください 需要 必须 请先 필요 요구 해야 erforder "
        "necesita depende krever kraver kraeve forutset treng"
    ),
    Concept.SUPPORTED: (
        "support offer advertis announc available implement enabled capab unterstutz angebot bietet anbiet "
        "angekundig verfugbar prend_en_charge prendre_en_charge pas_en_charge gere. annonce propose soport ofrec "
        "compatible admite disponib anuncia offr pubblic gestit dispon ondersteun biedt beschikb aangekond "
        "suporta suporte oferece disponiv anunci obslug obslugiw oferuje dostepn wspier podpor nabiz dostupn "
        "поддерж доступн предлаг объявл підтрим пропону stod stoder stods erbjud tillgang understot tilbyd "
        "tilgaeng stotte tilbyr tilgjeng tuke tue. tukema tarjo saatav tamogat elerhet kinal destek sunmu sunulm "
        "kullanilabil サポート 対応 提供 利用でき 支持 支援 지원 제공 recogniz exten kaytettav nepodpor nenabiz "
        "annons oglasz udostepn hirdet 宣稱 宣称 公布 abilitat"
    ),
    Concept.DISABLED: (
        "disabl turned_off switched_off deactivat not_enabled inactive deaktiv abgeschaltet ausgeschaltet "
        "desactiv deshabilit disabilit disattiv uitgeschak gedeactiv desativ desabilit desligad wylacz dezaktyw "
        "zakazan vypnut отключ выключ вимкн inaktiv avstangd slaaet_fra slatt_av deaktiver pois_kayt poistet "
        "passziv letilt kikapcs devre_disi kapali 無効 停用 禁用 关闭 關閉 未开启 비활성 사용_안 запрещ заборон "
        "sparrat spaerret sperret zakaz 禁止 off."
    ),
    Concept.LOCKED: (
        "suspend locked blocked blocking frozen banned terminated revoked closed_account gesperrt blockiert "
        "suspendier eingefroren bloqu suspendu verrouill bloquea suspendid bloccat sospes geblokk opgeschort "
        "vergrend bloquead suspens zablokow zawieszon zablokov pozastav заблок блокир приостан заблоков призупин "
        "blocker sparrad last. suspender sparret blokeret last_ute lukit estett zarol felfugg askiya engellen "
        "kilit 停止 凍結 ロック 锁定 鎖定 冻结 封禁 封锁 封鎖 被封 정지 차단 잠겨 잠금"
    ),
    Concept.TIMEOUT: (
        "timeout timed_out not_respond no_response took_too_long too_long_to_resp did_not_respond zeituberschr "
        "zeitlimit antwortet_nicht reagiert_nicht nicht_geantwort expiration_du_delai delai. repond_pas tiempo "
        "agotad no_responde espera_ag tempo_scad scadenz_tempo tempo_limite tempo_esgot non_risponde "
        "reageert_niet verlopen_tijd tijdslimiet te_lang nao_respond nie_odpow limit_czas przekroczono_czas "
        "czas_ocz vyprsel_cas vyprsel_limit casovy neodpov таймаут тайм_аут время_ожид истекло_врем "
        "превышено_врем не_отвеч не_ответ час_очік перевищено_час не_відпов tidsgrans svarar_inte svarte_ikke "
        "svarer_ikke tidsavbr tidsfrist tidsudl aikakatk aikaraja ei_vastaa vastannut idotull nem_valasz "
        "idokorlat zaman_asim yanit_verm タイムアウト 応答がありません 応答しません 応答していません 超时 逾時 "
        "无响应 没有响应 沒有回應 시간_초과 응답하지 응답이_없 verfallen lob_ud 시간이_초과 超時 시간초과 "
        "tijd_verstr tiden_udl lep_tul"
    ),
    Concept.TEMPORARY: (
        "tempor currently at_this_time at_present right_now busy overload maintenance vorubergehend zurzeit "
        "derzeit momentan uberlast temporaire moment momentane actualmente ocupad temporane occupat tijdelijk "
        "momenteel chwil tymczas docasn momental времен врем_недост перегруж тимчас tillfall overbelast midlertid "
        "valiaik tilapa ruuhk atmenet ideigl gecici mesgul 一時的 混雑 暂时 暫時 繁忙 系统忙 일시 임시 점검"
    ),
    Concept.LATER: (
        "try_again later. retry again_later spater erneut plus_tard ulterieur reessay mas_tarde nuevamente "
        "de_nuevo piu_tardi nuovamente riprov later_opnieuw opnieuw mais_tarde novamente pozniej ponown pozdej "
        "znovu позже позднее снова пізніш знову senare igen. senere myohemmin uudelleen kesobb ujra daha_sonra "
        "tekrar 後で しばらく 稍后 稍後 稍候 나중에 다시"
    ),
    Concept.UNAVAILABLE: (
        "unavailable unreachable offline not_available not_reachable down. nicht_erreichbar nicht_verfugbar "
        "indisponib inaccessib injoignab hors_ligne inaccesib inalcanz no_disponib irraggiung non_disponib "
        "non_raggiung niet_bereik onbereik niet_beschik inacessiv indisponiv inalcanc nieosiag niedostep nedostup "
        "nedosaz недоступ недосяж otillgang ej_tillgang onabar utilgaeng utilgjeng ikke_tilgaeng ei_saatav "
        "ei_kayt tavoittamat nem_elerhet ulasilam kullanilam 利用できません 到達でき 不可用 不可达 無法使用 "
        "无法访问 사용할_수_없 접근할_수_없"
    ),
    Concept.SPAM: (
        "spam junk unsolicited virus malware phish infect pourriel indesirab ~spam ongewenst indesej nevyzad спам "
        "вирус вірус skrappost soppelpost roskapost leveszem istenmeyen 迷惑メール スパム ウイルス 垃圾邮件 "
        "垃圾郵件 病毒 스팸 바이러스"
    ),
    Concept.LISTED: (
        "blacklist blocklist black_list block_list dnsbl rbl. spamhaus spamcop barracuda listed_in listed_at "
        "listed_by is_listed schwarze_liste schwarzen_liste sperrliste liste_noire lista_negra lista_nera "
        "zwarte_lijst czarn_list czarnej_list cern_list черн_спис черном_спис чёрн чорн_спис чорному_спис "
        "svartlist sortlist svarteliste mustalla_list mustalista feketelist kara_liste ブラックリスト 黑名单 "
        "黑名單 블랙리스트 차단_목록"
    ),
    Concept.TRUSTED: (
        "trust untrust selfsigned self_sign ~vertrau selbst_sign selbstsign confiance fiable autosign auto_sign "
        "confianz confiab autofirm fidat attendib autofirmat vertrouw zelfonder confiav autoassin zaufan "
        "samopodpis duver dovery podepsan_sam довер самоподпис довір самопідпис betrodd palitlig sjalvsign "
        "betroet selvsign klarer luotett luota allekirjoit megbizhat onalair guven kendinden_imz 信頼 信任 自签 "
        "自簽 自己署名 신뢰 자체_서명 firmado_por_si auto_firm auto_assin samodzielnie_podpis itse_allekirj "
        "itseallekirj egensign eget_sign sajat_alair kisisel_imz 自己証明 自我簽 자체서명 inaffidab onvertrouw "
        "niezaufan ненадежн ненадёжн ненадійн opalit ubetro ei_luotet neduver guvenilme nao_confi неперевірен"
    ),
    Concept.VERIFIED: (
        "verif validat authenticity uberpruf verifiz gepruft bestatig identitat verifi identite valider verifica "
        "identidad identita controler identiteit geverif verificad identidade zweryfik weryfik tozsamo overen "
        "overit identit провер подлинн удостовер перевір справжн verifier kontroll bekraft bekreft varmist "
        "vahvist todent ellenor azonossag dogrula 検証 確認 識別情報 验证 驗證 校验 확인 검증"
    ),
    Concept.MATCH: (
        "match mismatch correspond same_as identical different uberein entspricht stimmt entspreche passt coincid "
        "corrispond coincide komt_niet_over overeen pasuje zgodn zgadza odpowiad niezgod shod souhlas odpovid "
        "neshod совпад соответств несоотв збіг відповідає matchar overensst stammer samsvar stemmer matcher "
        "vastaa tasmaa egyez eslesm uyusm 一致 匹配 相符 不符 일치 altname did_not_match the_same not_same totozn "
        "unterscheid differ diferent divers. verschill rozni отлича відрізн skiljer afvig kulonboz farkli "
        "eri_kuin 異な 不同 다르"
    ),
    Concept.OWN: (
        "owned owner belong your_own not_yours behalf gehort eigene appartien pertenec behoort pertenc nalez. "
        "nalezy_do patri принадлеж належить tillhor tilhor kuulu tartoz ait. 所有 属于 屬於 소유"
    ),
    Concept.SYNTAX: (
        "syntax format malform unparse parse parsing local_part not_a_valid syntaktisch syntaxe sintaxis sintassi "
        "formato sintaxe skladni skladnia syntaktick syntaxi синтакс формат muoto syntaksi szintak bicim 書式 "
        "形式 構文 格式 语法 語法 형식 구문 fully_qualified"
    ),
    Concept.INTERRUPTED: (
        "closed dropped reset. lost. aborted disconnect interrupt broken_pipe unexpectedly abgebroch unterbroch "
        "getrennt beendet interromp interrump perdid interrott chius perdut verbroken afgebrok onderbrok fechad "
        "przerw utrac rozlacz prerus ztracen прерван разорв потер закры обірва перерв втрач avbrot avbrut brots "
        "afbrudt mistet avbrutt brutt katkes keskey katkai megszakad lezar kesil koptu kapand 切断 中断 失われ "
        "断开 中斷 关闭连接 끊 중단 verlor perdu perdida perdio tappad gik_tabt megszunt"
    ),
    Concept.REACHED: (
        "reach erreich atteint atteindre joindre alcanz contactar raggiun contatt bereik alcanc contat osiagn "
        "skontakt dosaz kontakt достиг досяг nad. nadd opna tavoit elert ulas 到達 达到 連絡 도달 respond antwort "
        "repond"
    ),
}
"""Stems, with spaces between."""
