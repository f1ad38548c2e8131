package personal

import (
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// A topic is what words near a number say that it is; a set of them is the sum.
type topic uint64

const (
	aCard topic = 1 << iota
	anSSN
	aPassport
	aBirth
	aBorn // which is said of everybody in an encyclopaedia
	aPhone
	aBank
	aDiagnosis
	aPatient
	aLicence
	aVIN
	aWallet
	aNHS
	aSteuer
	anINSEE
	aBSN
	aBelgian
	aPESEL
	anAHV
	aSwede
	aNorse
	aFinn
	aDane
	aCPF
	aCNPJ
	anAadhaar
	aChinese
	aTurk
	anAfrican
	anAustralian
	aCanadian
	aKorean
	aJapanese
	aSingaporean
	anIsraeli
	aMexican
	aChilean
	aSpaniard
	anItalian
	aBriton
	aPortuguese
	anIrish
	anAustrian
	aCzech
	aRomanian
	aBulgarian
	anID // any number of identity
)

// topics are the words by what they say; lower case, "|" between them.
var topics = map[topic]string{
	aCard:        "card|visa|mastercard|amex|american express|discover|cvv|cvc|carte|karte|tarjeta|carta|creditcard|debit|kreditkort|maestro|diners",
	anSSN:        "ssn|social security|social-security|socialsecurity|itin|taxpayer|tin|tax id",
	aPassport:    "passport|reisepass|passeport|pasaporte|passaporto|passnummer|paspoort",
	aBirth:       "date of birth|dob|birth date|birthdate|birthday|geburtsdatum|date de naissance|nacimiento|data di nascita|geboortedatum|date_of_birth",
	aBorn:        "born|geboren",
	aPhone:       "phone|mobile|tel|cell|call|fax|whatsapp|sms|handy|telefon|telefono|rufnummer|dial|contact|my number|reach|ring|text me|landline|office|desk|answering|messages",
	aBank:        "account|iban|bank|konto|routing|sort code|compte|cuenta|swift|bic|aba",
	aDiagnosis:   "icd|diagnos|patient|symptom|disease|disorder|condition|krankheit|prescri|medical",
	aPatient:     "mrn|medical record|patient id|patient number|patient no|health record|hospital number|patientennummer",
	aLicence:     "driver|driving|licence|license|führerschein|permis|dl no|dl#",
	aVIN:         "vin|vehicle|chassis|fahrgestell",
	aWallet:      "wallet|bitcoin|btc|ethereum|eth|crypto|address",
	aNHS:         "nhs",
	aSteuer:      "steuer|tax id|tin|idnr|tax identification",
	anINSEE:      "insee|nir|sécurité sociale|securite sociale|numéro de sécu|french social|carte vitale",
	aBSN:         "bsn|burgerservice|sofinummer|citizen service",
	aBelgian:     "rijksregister|registre national|national register|belgian|insz|niss",
	aPESEL:       "pesel",
	anAHV:        "ahv|avs|navs|swiss social|sozialversicherung",
	aSwede:       "personnummer|swedish|samordningsnummer",
	aNorse:       "fødselsnummer|fodselsnummer|norwegian|personnummer|fnr",
	aFinn:        "henkilötunnus|hetu|finnish|henkilotunnus",
	aDane:        "cpr|danish|personnummer",
	aCPF:         "cpf",
	aCNPJ:        "cnpj",
	anAadhaar:    "aadhaar|aadhar|uidai|uid",
	aChinese:     "身份证|居民|resident id|chinese id|id card", //nolint:gosmopolitan // as people there write it
	aTurk:        "kimlik|tckn|t.c.|turkish",
	anAfrican:    "south african|sa id|id number",
	anAustralian: "tfn|tax file|medicare",
	aCanadian:    "sin|social insurance|nas",
	aKorean:      "주민등록|rrn|resident registration|korean",
	aJapanese:    "マイナンバー|my number|mynumber|個人番号", //nolint:gosmopolitan // as above
	aSingaporean: "nric|fin|singapore",
	anIsraeli:    "teudat zehut|israeli|תעודת זהות",
	aMexican:     "curp",
	aChilean:     "rut|run|chile",
	aSpaniard:    "dni|nie|nif|documento nacional",
	anItalian:    "codice fiscale|fiscale|fiscal code",
	aBriton:      "nino|national insurance|ni number|ni no",
	aPortuguese:  "nif|contribuinte|portuguese",
	anIrish:      "pps|ppsn|irish",
	anAustrian:   "svnr|sozialversicherung|austrian|svnummer",
	aCzech:       "rodné|rodne|rc|birth number|czech|slovak",
	aRomanian:    "cnp|romanian|cod numeric",
	aBulgarian:   "egn|егн|bulgarian",
	anID: "national id|identity number|identity card|id number|identification number|personal identification|personal number|citizen id|tax id|taxpayer|" +
		"national_id|id_number|personalausweis|ausweis|tax number|identifikationsnummer|social security|social insurance",
}

// A hint is a word of a topic.
type hint struct {
	of    topic
	short bool // it stands alone, and not in another word
}

// A glossary is the words of all topics, in one automaton.
type glossary struct {
	*literal.Set

	hints []hint // of each word
}

// glossed is made when the first number is met, and not in programs that look at none.
var glossed = sync.OnceValue(func() glossary {
	var all []hint
	var words []string
	for of, list := range topics {
		for w := range strings.SplitSeq(list, "|") {
			all, words = append(all, hint{of, len(w) <= 5}), append(words, w)
		}
	}
	return glossary{literal.New(words, true), all}
})

// How far words are read around a number, in bytes.
const (
	ahead  = 64
	behind = 28
)

// around is what the words around text[from:to] say.
func around(text []byte, from, to int) (all topic) {
	return said(text[max(0, from-ahead):from]) | said(text[to:min(len(text), to+behind)])
}

func said(text []byte) (all topic) {
	var buf [16]literal.Match
	g := glossed()
	for _, m := range g.Scan(buf[:0], text) {
		h := &g.hints[m.Word]
		start := m.End - g.Len(m.Word)
		if h.short && (start > 0 && letter(text[start-1]) && !hump(text, start) || m.End < len(text) && letter(text[m.End]) && text[m.End] != 's') {
			continue
		}
		all |= h.of
	}
	return all
}

// hump reports whether a word begins at i within a name: "userSsn".
func hump(text []byte, i int) bool { return text[i-1] >= 'a' && text[i] < 'a' }

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
