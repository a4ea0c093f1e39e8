package placement

import (
	"strings"
	"sync"
)

// wordOfLocale is the meaning of a word as a locale: a language, a market, or either (AR is
// Arabic or Argentina).
type wordOfLocale struct {
	language string
	script   string   // script that a language's name implies, as 简体中文 does
	market   string   // the region in lower case, or "area" for several countries
	spoken   []string // languages that people speak in the market
	sure     bool     // the word usually means the language, not a market or a word of a title: en, ENG
	rare     bool     // few films use the language, so its code, such as AB, may be an abbreviation
	name     bool     // the word is a language's name, not its code
}

// languageWord returns the meaning of an upper-case word, and reports whether it has one.
func languageWord(word string) (wordOfLocale, bool) {
	w, ok := localeWords()[word]
	return w, ok
}

// localeWords maps upper-case words to their meaning. It is built at its first use.
var localeWords = sync.OnceValue(func() map[string]wordOfLocale {
	all := make(map[string]wordOfLocale, 700)
	// ISO 639-1 codes, without those that are known words in file names (ig, tt, sd, li).
	for code := range strings.FieldsSeq(`aa ab ae af ak am an ar av ay az ba be bg bi bm bn bo br bs ca ce co cr cs cu cv
		cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
		id ie ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg ln lo lt lu lv
		mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om os pa pl ps pt qu rm rn ro
		ru rw sa se sg si sk sl sm sn so sr ss st su sv sw ta te tg th ti tk tl tn to tr ts ty ug
		uk ur uz ve vi wo xh yi yo za zh zu`) {
		all[strings.ToUpper(code)] = wordOfLocale{language: code, rare: true}
	}
	for code := range strings.FieldsSeq(`it no is id he hi et ms uk fa ur bn ta te ka az kk mk bs mt eu gl af sw ar ca cy ga my`) {
		all[strings.ToUpper(code)] = wordOfLocale{language: code}
	}
	for code := range strings.FieldsSeq(`en de fr es pt nl pl sv da fi cs hu ro ru tr el ja ko zh vi bg hr sk sl sr lt lv th nb nn`) {
		all[strings.ToUpper(code)] = wordOfLocale{language: code, sure: true}
	}
	for code, names := range map[string]string{
		"en": `ENG ENGLISH ENGLISCH ANGLAIS INGLÉS INGLES INGLESE INGLÊS ENGELS ENGELSKA ENGELSK ANGIELSKI АНГЛИЙСКИЙ 英語 英语`,
		"de": `GER DEU DEUTSCH GERMAN ALLEMAND ALEMÁN ALEMAN TEDESCO DUITS NIEMIECKI TYSK TYSKA НЕМЕЦКИЙ`,
		"fr": `FRA FRE FRENCH FRANÇAIS FRANCAIS FRANZÖSISCH FRANCÉS FRANCESE FRANS FRANCUSKI`,
		"es": `SPA ESP SPANISH ESPAÑOL ESPANOL CASTELLANO SPANISCH ESPAGNOL SPAGNOLO SPAANS`,
		"it": `ITA ITALIAN ITALIANO ITALIENISCH ITALIENSKA`, "pt": `POR PORTUGUESE PORTUGUÊS PORTUGUES PORTUGIESISCH PORTUGAIS`,
		"nl": `NLD DUT DUTCH NEDERLANDS NIEDERLÄNDISCH HOLLÄNDISCH NÉERLANDAIS VLAAMS FLEMISH`, "pl": `POL POLSKI POLNISCH POLISH POLONAIS`,
		"sv": `SWE SVENSKA SWEDISH SCHWEDISCH`, "da": `DNK DANSK DANISH DÄNISCH`, "no": `NOR NORSK NORWEGIAN NORWEGISCH`, "nb": `BOKMÅL`,
		"fi": `SUOMI FINNISH FINNISCH`, "cs": `CZE CES ČEŠTINA ČESKY CZECH TSCHECHISCH`, "hu": `HUN MAGYAR HUNGARIAN UNGARISCH`,
		"ro": `RON RUM ROMÂNĂ ROMANIAN RUMÄNISCH`, "ru": `RUS РУССКИЙ RUSSIAN RUSSISCH`, "uk": `UKR УКРАЇНСЬКА UKRAINIAN UKRAINISCH`,
		"tr": `TUR TÜRKÇE TURKISH TÜRKISCH`, "el": `GRE ELL ΕΛΛΗΝΙΚΆ GREEK GRIECHISCH`, "ar": `ARA العربية ARABIC ARABISCH`,
		"he": `HEB עברית HEBREW HEBRÄISCH`, "hi": `HIN हिन्दी HINDI`, "ja": `JPN 日本語 JAPANESE JAPANISCH`, "ko": `KOR 한국어 KOREAN KOREANISCH`,
		"zh": `ZHO CHI CHN 中文 CHINESE CHINESISCH MANDARIN`, "th": `THA ไทย THAI`, "vi": `VIE VIETNAMESE`, "id": `INDONESIAN`, "ms": `MALAY`,
		"bg": `BUL БЪЛГАРСКИ BULGARIAN BULGARISCH`, "hr": `HRV HRVATSKI CROATIAN KROATISCH`, "sk": `SLK SLOVENČINA SLOVAK SLOWAKISCH`,
		"sl": `SLV SLOVENŠČINA SLOVENIAN SLOVENE SLOWENISCH`, "sr": `SRP SRPSKI SERBIAN SERBISCH`, "et": `EST EESTI ESTONIAN ESTNISCH`,
		"lv": `LAV LATVIEŠU LATVIAN LETTISCH`, "lt": `LIT LIETUVIŲ LITHUANIAN LITAUISCH`, "is": `ÍSLENSKA ICELANDIC`, "ca": `CATALAN CATALÀ`,
		"eu": `EUSKARA BASQUE`, "gl": `GALEGO GALICIAN`, "fa": `FARSI PERSIAN`, "ur": `URDU`, "bn": `BENGALI`, "ta": `TAMIL`, "tl": `TAGALOG`, "fil": `FIL FILIPINO`, "yue": `YUE CANTONESE`,
	} {
		for name := range strings.FieldsSeq(names) {
			all[name] = wordOfLocale{language: code, sure: len(name) == 3 && isASCII(name) && name != "SPA" && name != "EST" && name != "LIT" && name != "CHI", name: len(name) > 3}
		}
	}
	for name := range strings.FieldsSeq("BILINGUAL BILINGUE BILINGÜE ZWEISPRACHIG MULTILINGUAL MEHRSPRACHIG MULTILINGUE") {
		all[name] = wordOfLocale{language: several, name: true}
	}
	all["简体中文"], all["繁體中文"] = wordOfLocale{language: "zh", script: "hans", name: true}, wordOfLocale{language: "zh", script: "hant", name: true}
	all["CHS"], all["CHT"] = wordOfLocale{language: "zh", script: "hans", sure: true}, wordOfLocale{language: "zh", script: "hant", sure: true}
	// The map holds two lists for each market: its names, and the languages that people speak there.
	for market, facts := range map[string][2]string{
		"us": {"US USA AMERICAN", "en es"}, "gb": {"UK GB GBR BRITISH ENGLAND", "en"}, "au": {"AU AUS AUSTRALIA AUSTRALIAN", "en"}, "nz": {"NZ", "en"},
		"ie": {"IE IRL IRELAND", "en ga"}, "ca": {"CA CAN CANADA CANADIAN", "en fr"}, "za": {"ZA RSA", "en af"}, "in": {"IN INDIA", "hi en bn ta te mr gu kn ml pa ur"},
		"sg": {"SG", "en zh ms ta"}, "ph": {"PH", "en tl fil"}, "hk": {"HK", "zh yue en"}, "my": {"MY MALAYSIA", "ms en zh"},
		"de": {"DE GERMANY DEUTSCHLAND", "de"}, "at": {"AT AUT AUSTRIA ÖSTERREICH AUSTRIAN", "de"}, "ch": {"CH CHE SWITZERLAND SCHWEIZ SUISSE SVIZZERA SWISS", "de fr it rm"},
		"li": {"", "de"}, "lu": {"LU LUX", "fr de lb"}, "be": {"BE BEL BELGIUM BELGIEN BELGIQUE BELGIË BELGIAN", "nl fr de"}, "nl": {"NL NETHERLANDS NEDERLAND HOLLAND", "nl"},
		"fr": {"FR FRANCE", "fr"}, "mc": {"MC", "fr"}, "es": {"ES SPAIN ESPAÑA", "es ca eu gl"}, "pt": {"PT PORTUGAL", "pt"}, "it": {"IT ITALY ITALIA ITALIEN", "it"},
		"br": {"BR BRA BRAZIL BRASIL BRAZILIAN", "pt"}, "mx": {"MX MEX MEXICO MÉXICO MEXICAN", "es"}, "ar": {"AR ARG ARGENTINA", "es"}, "cl": {"CL CHILE", "es"},
		"co": {"CO COL COLOMBIA", "es"}, "pe": {"PE PERU", "es"}, "ec": {"EC", "es"}, "uy": {"UY", "es"}, "ve": {"VE", "es"}, "419": {"LATAM", "es"},
		"pl": {"PL POLAND POLSKA POLEN", "pl"}, "cz": {"CZ CZECHIA", "cs"}, "sk": {"SK", "sk"}, "hu": {"HU HUNGARY", "hu"}, "ro": {"RO ROMANIA", "ro"}, "bg": {"BG", "bg"},
		"hr": {"HR", "hr"}, "si": {"SI", "sl"}, "rs": {"RS", "sr"}, "ba": {"BA", "bs hr sr"}, "me": {"", "sr"}, "mk": {"MK", "mk"}, "al": {"", "sq"}, "gr": {"GR GREECE", "el"}, "cy": {"CY", "el tr"},
		"tr": {"TR TURKEY TÜRKIYE", "tr"}, "ru": {"RU RUSSIA", "ru"}, "ua": {"UA UKRAINE", "uk ru"}, "by": {"", "be ru"}, "kz": {"KZ", "kk ru"}, "ge": {"", "ka"}, "az": {"AZ", "az"},
		"ee": {"EE", "et"}, "lv": {"LV", "lv"}, "lt": {"LT", "lt"}, "se": {"SE SWEDEN SVERIGE SCHWEDEN", "sv"}, "dk": {"DK DENMARK DANMARK", "da"}, "no": {"NO NORWAY NORGE", "no nb nn"},
		"fi": {"FI FIN FINLAND", "fi sv"}, "is": {"IS", "is"}, "il": {"IL ISRAEL", "he ar"}, "ae": {"AE UAE", "ar en"}, "sa": {"SA KSA", "ar"}, "eg": {"EG EGYPT", "ar"}, "ma": {"MA", "ar fr"},
		"qa": {"QA", "ar"}, "kw": {"KW", "ar"}, "cn": {"CN CHINA", "zh"}, "tw": {"TW TAIWAN", "zh"}, "jp": {"JP JAPAN", "ja"}, "kr": {"KR KOREA", "ko"}, "th": {"TH THAILAND", "th"},
		"vn": {"VN VIETNAM", "vi"}, "id": {"ID INDONESIA", "id"}, "pk": {"PK", "ur en"}, "bd": {"BD", "bn"}, "ng": {"NG NIGERIA", "en"}, "ke": {"KE", "en sw"}, "mt": {"MT", "mt en"}, "lk": {"", "si ta"},
		"na": {"NA", "en"}, "ga": {"", "fr"},
		"area": {"EU EMEA APAC MENA DACH NORDICS BENELUX INT INTL GLOBAL INTERNATIONAL WW WORLDWIDE ROW AMER AMERICAS ANZ CEE GSA EUROPE EUROPA ASIA", ""},
	} {
		for name := range strings.FieldsSeq(facts[0]) {
			w := all[name]
			w.market, w.spoken, w.rare = market, strings.Fields(facts[1]), false
			all[name] = w
		}
	}
	// These words are codes of rare languages, but people know them better as codes of markets.
	for code := range strings.FieldsSeq("BE BR CY GA IE KR KW LA LU NA NE NG SA SE SG SI VE ZA KG EE MY CO CH MC BA AE") {
		w := all[code]
		if w.market == "" {
			w.market = strings.ToLower(code)
		}
		all[code] = w
	}
	return all
})

// speaks reports whether a language is spoken in the country (the market) that the word names. English
// counts as spoken in every country.
func (w wordOfLocale) speaks(language string) bool {
	for _, s := range w.spoken {
		if s == language {
			return true
		}
	}
	return w.market != "" && language == "en"
}

// isMarketAlone reports whether the word, without a language beside it, means a market. UK, CH and
// AR do, although AR may also mean Arabic.
func (w wordOfLocale) isMarketAlone() bool {
	if w.market == "" {
		return false
	}
	own := false
	for _, s := range w.spoken {
		own = own || s == w.language
	}
	return w.language == "" || !own
}
