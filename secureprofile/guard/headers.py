"""Words in names of columns and the data category that they stand for, in English, Chinese, Japanese, German, French, Spanish, Italian and Korean.

Written for this project. A header counts when it is one of the words, or ends with one (``billing_phone``, 收货人手机号); words of one or two letters and
words that head other things too (``product name``) must be the whole header, or stand behind a word for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from secureprofile.guard.text import normalise

HEADERS: Mapping[str, tuple[str, ...]] = {
    "user.unique_id": (
        "customer_id", "customerid", "customer_no", "customer_number", "user_id", "userid", "client_id", "client_no", "member_id", "membership_no", "household_id", "uid", "cust_id", "custid",
        "subject_id", "patient_id", "account_id", "person_id", "employee_id", "student_id", "guest_id", "visitor_id", "user_key", "customer_key", "loyalty_id", "open_id", "openid", "unionid",
        "客户编号", "客户号", "客户id", "用户id", "用户编号", "会员号", "会员编号", "会员id", "会员卡号", "客戶編號", "會員編號", "用戶id", "顾客编号", "员工编号", "工号", "学号", "患者编号", "顧客番号", "顧客id", "会員番号", "お客様番号",
        "会員id", "社員番号", "患者番号", "kundennummer", "kundennr", "kunden_nr", "kunden_id", "kd_nr", "mitgliedsnummer", "personalnummer", "benutzer_id", "numéro_client", "numero_client",
        "id_client", "id_cliente", "número_de_cliente", "codice_cliente", "고객번호", "회원번호",
    ),
    "user.contact.email": (
        "email", "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "emailaddress", "邮箱", "电子邮件", "电子邮箱", "邮箱地址", "邮件", "電郵", "電子郵件", "信箱", "メール",
        "メールアドレス", "eメール", "e_mail_adresse", "emailadresse", "mailadresse", "courriel", "adresse_email", "adresse_e_mail", "correo", "correo_electrónico", "correo_electronico",
        "posta_elettronica", "indirizzo_email", "이메일",
    ),
    "user.contact.phone_number": (
        "mobile", "phone", "telephone", "tel", "cell", "cellphone", "cell_phone", "phone_number", "phone_no", "mobile_number", "mobile_no", "mobile_phone", "telephone_number", "contact_number",
        "contact_no", "home_phone", "work_phone", "msisdn", "whatsapp", "fax", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式", "座机", "固话", "手機", "手機號碼", "電話",
        "電話號碼", "聯絡電話", "行動電話", "電話番号", "携帯", "携帯番号", "携帯電話", "携帯電話番号", "連絡先", "tel番号", "telefon", "telefonnummer", "telefonnr", "tel_nr", "handy", "handynummer",
        "mobil", "mobilnummer", "mobiltelefon", "rufnummer", "festnetz", "téléphone", "téléphone_portable", "telephone_portable", "numéro_de_téléphone", "portable", "teléfono", "telefono", "móvil", "movil", "celular",
        "número_de_teléfono", "cellulare", "numero_di_telefono", "telefone", "telefoon", "telefoonnummer", "전화번호", "전화", "휴대폰", "휴대전화", "연락처",
    ),
    "user.name.first": (
        "first_name", "firstname", "fname", "given_name", "givenname", "forename", "middle_name", "名", "名字", "vorname", "prénom", "prenom", "primer_nombre", "nombre_de_pila", "nome_proprio",
        "voornaam", "めい", "メイ",
    ),
    "user.name.last": (
        "last_name", "lastname", "lname", "surname", "family_name", "familyname", "maiden_name", "姓", "姓氏", "苗字", "nachname", "familienname", "zuname", "geburtsname", "nom_de_famille",
        "apellido", "apellidos", "cognome", "achternaam", "セイ",
    ),
    "user.name": (
        "name", "full_name", "fullname", "customer_name", "contact_name", "client_name", "person_name", "recipient", "recipient_name", "cardholder", "card_holder", "cardholder_name", "holder_name", "patient_name",
        "employee_name", "member_name", "guest_name", "account_holder", "consignee", "contact_person", "姓名", "客户姓名", "联系人", "收件人", "收货人", "寄件人", "真实姓名", "客户名称", "客户名", "会员姓名", "持卡人", "户名", "聯絡人", "收件人姓名",
        "客戶姓名", "氏名", "お名前", "名前", "顧客名", "会員名", "契約者", "契約者名", "担当者", "担当者名", "受取人", "宛名", "カナ氏名", "フリガナ", "氏名カナ", "kundenname", "ansprechpartner", "vollständiger_name", "empfänger", "kontoinhaber",
        "nom", "nom_complet", "nom_du_client", "nombre", "nombre_completo", "nombre_del_cliente", "nome", "nome_completo", "naam", "이름", "성명", "고객명", "성함",
    ),
    "user.government_id.national_identification_number": (
        "resident_id", "id_card", "idcard", "id_number", "id_no", "national_id", "national_id_number", "nationalid", "citizen_id", "ssn", "social_security_number", "social_security", "sin", "itin", "nino",
        "national_insurance_number", "tax_id", "tin", "personal_id", "identity_card", "identity_number", "aadhaar", "aadhar", "pan_number", "nric", "hkid", "pesel", "bsn", "dni", "nie", "nif",
        "身份证", "身份证号", "身份证号码", "证件号", "证件号码", "身份證", "身份證號碼", "身分證字號", "社保号", "社会保障号", "マイナンバー", "個人番号", "住民票コード", "personalausweis", "personalausweisnummer",
        "ausweisnummer", "steuer_id", "steuerid", "steuernummer", "steueridentifikationsnummer", "sozialversicherungsnummer", "rentenversicherungsnummer", "sv_nummer", "svnr", "numéro_de_sécurité_sociale",
        "nir", "codice_fiscale", "주민등록번호", "주민번호",
    ),
    "user.government_id.passport_number": (
        "passport", "passport_no", "passport_number", "护照", "护照号", "护照号码", "護照", "護照號碼", "パスポート", "パスポート番号", "旅券番号", "reisepass", "reisepassnummer", "passnummer", "passeport",
        "numéro_de_passeport", "pasaporte", "passaporto", "여권번호",
    ),
    "user.government_id.drivers_license_number": (
        "driver_license", "drivers_license", "driver_licence", "driving_licence", "driving_license", "license_number", "licence_number", "dl_number", "驾照", "驾照号", "驾驶证", "驾驶证号", "免許証番号", "運転免許証番号",
        "führerschein", "führerscheinnummer", "permis_de_conduire",
    ),
    "user.government_id.vehicle_registration": (
        "plate", "license_plate", "licence_plate", "plate_number", "number_plate", "registration_plate", "vin", "vehicle_registration", "车牌", "车牌号", "车牌号码", "车架号", "車牌", "車牌號碼", "ナンバープレート", "車両番号",
        "kennzeichen", "kfz_kennzeichen", "fahrgestellnummer", "immatriculation", "matrícula", "targa",
    ),
    "user.contact.address.street": (
        "address", "street", "home_address", "addr", "address1", "address_1", "address2", "address_2", "address_line_1", "address_line_2", "address_line1", "street_address", "mailing_address", "billing_address",
        "shipping_address", "delivery_address", "地址", "住址", "收货地址", "家庭住址", "通讯地址", "详细地址", "收件地址", "联系地址", "户籍地址", "居住地址", "住所", "番地", "住所1", "住所2", "町名番地", "建物名", "お届け先", "配送先住所",
        "straße", "strasse", "straße_und_hausnummer", "anschrift", "adresse", "lieferadresse", "rechnungsadresse", "hausnummer", "wohnort_straße", "rue", "adresse_postale", "dirección", "direccion", "domicilio",
        "calle", "indirizzo", "via", "endereço", "adres", "주소",
    ),
    "user.contact.address.city": ("city", "town", "城市", "市", "市区町村", "都市", "ort", "stadt", "wohnort", "ville", "ciudad", "città", "citta", "cidade", "도시"),
    "user.contact.address.state": ("province", "county", "state", "region", "省份", "省", "都道府県", "bundesland", "provincia", "région"),
    "user.contact.address.country": ("country", "nation", "native_country", "国家", "国", "land", "pays", "país", "paese"),
    "user.contact.address.postal_code": (
        "postcode", "post_code", "zip", "zipcode", "zip_code", "postal_code", "postalcode", "邮编", "邮政编码", "郵遞區號", "郵便番号", "plz", "postleitzahl", "code_postal", "código_postal", "codigo_postal", "cap", "cep", "우편번호",
    ),
    "user.demographic.date_of_birth": (
        "birth_date", "birthdate", "dob", "date_of_birth", "birthday", "birth_day", "born", "born_on", "生日", "出生日期", "出生年月", "出生年月日", "生年月日", "誕生日", "geburtsdatum", "geburtstag", "geb_datum", "geboren", "geboren_am",
        "date_de_naissance", "naissance", "fecha_de_nacimiento", "nacimiento", "data_di_nascita", "geboortedatum", "생년월일",
    ),
    "user.demographic.age_range": ("age", "age_range", "age_band", "年龄", "年齢", "alter"),
    "user.demographic.gender": ("gender", "sex", "性别", "性別", "geschlecht", "sexe", "sexo"),
    "user.demographic.marital_status": ("marital_status", "婚姻状况", "familienstand", "婚姻"),
    "user.demographic.race_ethnicity": ("race", "ethnicity", "民族"),
    "user.device.ip_address": ("ip", "ip_address", "ipaddress", "ip_addr", "client_ip", "last_ip", "login_ip", "remote_addr", "ip地址", "登录ip", "登錄ip", "ipアドレス", "ip_adresse", "adresse_ip", "dirección_ip"),
    "user.device.cookie_id": ("cookie", "cookie_id", "cookieid", "session_id", "sessionid", "ga_client_id", "クッキー"),
    "user.device.device_id": (
        "device_id", "deviceid", "device", "imei", "meid", "mac", "mac_address", "idfa", "idfv", "gaid", "aaid", "oaid", "advertising_id", "android_id", "serial_no_of_device", "设备号", "设备id", "设备标识", "設備號", "端末id",
        "デバイスid", "端末識別番号", "geräte_id", "geraete_id", "gerätenummer", "identifiant_appareil",
    ),
    "user.financial.credit_card": (
        "card", "card_number", "card_no", "cardnumber", "credit_card", "credit_card_number", "debit_card", "bank_card", "pan", "卡号", "银行卡", "银行卡号", "信用卡", "信用卡号", "卡號", "銀行卡號", "カード番号", "クレジットカード", "クレジットカード番号",
        "kreditkarte", "kreditkartennummer", "kartennummer", "carte_bancaire", "numéro_de_carte", "tarjeta", "número_de_tarjeta", "carta_di_credito", "카드번호",
    ),
    "user.financial.bank_account": (
        "iban", "bank_account", "account_number", "account_no", "bank_account_number", "银行账号", "银行账户", "银行帐号", "账号", "收款账号", "銀行帳號", "口座番号", "銀行口座", "kontonummer", "konto", "bankverbindung", "compte_bancaire",
        "cuenta_bancaria", "conto_corrente", "wallet", "wallet_address", "계좌번호",
    ),
    "user.financial": (
        "income", "annual_income", "household_income", "salary", "wage", "wages", "net_worth", "credit_limit", "account_balance", "工资", "收入", "年收入", "月收入", "月薪", "年薪", "薪资", "薪水", "薪金",
        "工資", "薪資", "余额", "账户余额", "信用额度", "資産", "年収", "給与", "月給", "einkommen", "jahreseinkommen", "gehalt", "lohn", "revenu", "revenu_annuel", "salaire", "ingresos", "salario", "sueldo", "reddito", "stipendio",
        "연봉", "소득", "급여",
    ),
    "user.account.username": (
        "username", "user_name", "login", "login_name", "nickname", "screen_name", "handle", "twitter", "用户名", "昵称", "网名", "微信", "微信号", "qq", "qq号", "wechat", "wechat_id", "line_id", "账户名", "登录名", "用戶名", "暱稱", "ユーザー名",
        "ニックネーム", "ログインid", "benutzername", "nutzername", "pseudo", "nom_d_utilisateur", "usuario", "nome_utente",
    ),
    "user.health_and_medical.insurance_beneficiary_id": ("nhs_number", "nhs_no", "medicare", "mbi", "medicare_number", "insurance_number", "health_insurance_number", "医保号", "医保卡号", "保険証番号", "krankenversicherungsnummer", "versichertennummer"),
    "user.location.precise": ("latitude", "longitude", "lat", "lng", "lon", "gps", "coordinates", "经度", "纬度", "坐标", "緯度", "経度", "längengrad", "breitengrad"),
    "user.contact.organization": ("company", "employer", "organisation", "organization", "company_name", "公司", "单位", "公司名称", "工作单位", "会社名", "勤務先", "firma", "arbeitgeber", "entreprise", "société", "empresa"),
    "user.job_title": ("job_title", "job", "occupation", "profession", "职业", "职位", "職業", "役職", "beruf"),
    "user.content.private": (
        "notes", "note", "comment", "comments", "remark", "remarks", "feedback", "message", "messages", "free_text", "备注", "留言", "備註", "客户备注", "评价", "评论", "備考", "メモ", "コメント", "お問い合わせ内容", "bemerkung", "bemerkungen", "notiz",
        "notizen", "kommentar", "anmerkung", "anmerkungen", "remarques", "commentaire", "commentaires", "notas", "observaciones", "comentarios", "비고", "메모",
    ),
}  # fmt: skip
"""Data category → words that name its columns."""

WEAK = frozenset(
    "name nom nombre nome naam 名 市 省 国 land state region device card account_number account_no id_number id_no via cap land job mobil portable pan born mail sin tin nie company firma login cell tel".split()
)
"""Words that must be the whole header: behind another word they may name something else."""
PEOPLE = frozenset(
    """customer client contact recipient buyer sender receiver patient guest member employee person owner holder cardholder consignee billing shipping user passenger student parent spouse emergency agent
    kunde kunden empfänger client cliente""".split()
)
NOT_PERSONAL = re.compile(
    r"order|invoice|amount|price|total|qty|quantity|barcode|ean|upc|gtin|isbn|sku|stock|product|item|article|artikel|basket|transaction|txn|time|stamp|epoch|millis|date|created|updated|version|status|campaign|coupon"
    r"|store|bestell|rechnung|betrag|preis|menge|zeit|datum|sendung|tracking|shipment|batch|lot|serial|订单|单号|金额|价格|数量|条码|货号|时间|流水|库存|商品|批号|運單|訂單|注文|伝票|金額|価格|数量|商品|日時|コード|タイム",
    re.IGNORECASE,
)
"""What names columns of things, sums and times, whose numbers look like cards, phones and accounts."""


@cache
def header_category(name: str) -> str | None:
    """Return the category that a column's name stands for, if it is one of the known words or ends with one.

    Example:
        >>> header_category("Billing Phone"), header_category("收货人手机号"), header_category("product_name")
        ('user.contact.phone_number', 'user.contact.phone_number', None)
    """
    spellings = _spellings(name)
    for spelling in spellings:
        if spelling in _words():
            return _words()[spelling]
    for spelling in spellings:
        found = _tail(spelling)
        if found:
            return found
    return None


def _spellings(name: str) -> tuple[str, ...]:
    text = normalise(name)[0].strip()
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    forms = [re.sub(r"[^\w（）]+", "_", form.casefold()).strip("_") for form in (text, apart)]
    folded = [form.replace("ß", "ss") for form in forms]
    return tuple(dict.fromkeys((*forms, *folded, *(form.replace("_", "") for form in forms))))


@cache
def _words() -> dict[str, str]:
    return {
        word.casefold().replace("ß", "ss"): category
        for category, words in reversed(list(HEADERS.items()))
        for word in words
    }


def _tail(spelling: str) -> str | None:
    """Return the category of the longest word that a header ends with: whole tokens in Latin, signs in Chinese and Japanese."""
    tokens = spelling.split("_")
    for first in range(1, len(tokens)):
        tail = "_".join(tokens[first:])
        if tail in _words() and (tail not in WEAK or tokens[first - 1] in PEOPLE):
            return _words()[tail]
    if not spelling.isascii():
        for first in range(1, len(spelling) - 1):
            tail = spelling[first:]
            if len(tail) >= 2 and not tail.isascii() and tail in _words() and tail not in WEAK:
                return _words()[tail]
    return None
