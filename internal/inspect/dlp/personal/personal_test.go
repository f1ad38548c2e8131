package personal_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/personal"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

func found(text string) string {
	var out []string
	for _, h := range (personal.Detector{}).Find(nil, []byte(text)) {
		out = append(out, fmt.Sprintf("%s %s %s", strings.TrimPrefix(h.Rule, "personal/"), h.Severity, text[h.Start:h.End]))
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "Version 1.2.3 of 2024-01-15 has 4096 rows in 12 files; see RFC 9110, section 15.5.1.", ""},
		{"a card", "4539 1488 0343 6467", "card high 4539 1488 0343 6467"},
		{"a card that does not add up", "4539 1488 0343 6468", ""},
		{"a card, named", "card: 4539148803436467", "card high 4539148803436467"},
		{"digits that may be a card", "4539148803436467", "card medium 4539148803436467"},
		{"a card of documentation", "card 4111 1111 1111 1111", "card low 4111 1111 1111 1111"},
		{"amex", "3782-822463-10005 amex 3714 496353 98431", "card low 3782-822463-10005; card low 3714 496353 98431"},
		{"beside a date", "on 2024-01-15 4539 1488 0343 6467", "card high 4539 1488 0343 6467"},
		{"part of a name", "id a716-446655440000, x_4539148803436467, 0.4539148803436467", ""},
		{"iban", "to DE68 2105 0170 0012 3456 78.", "iban medium DE68 2105 0170 0012 3456 78"},
		{"iban of documentation", "GB82 WEST 1234 5698 7654 32", "iban low GB82 WEST 1234 5698 7654 32"},
		{"iban that does not add up", "DE68210501700012345679", ""},
		{"ssn", "123-45-6780", "us-ssn medium 123-45-6780"},
		{"ssn, named", "SSN 536 90 4399", "us-ssn high 536 90 4399"},
		{"no ssn", "000-12-3456 666-12-3456 900-12-3456", ""},
		{"phones", "+44 20 7946 0958, (212) 555-0142, 415-555-0198, call 020 7946 0958", "phone low +44 20 7946 0958; phone low (212) 555-0142; phone low 415-555-0198; phone low 020 7946 0958"},
		{"mail", "ada.lovelace@analytical.engine.co.uk. Not git@github.com or a@b", "mail-address info ada.lovelace@analytical.engine.co.uk"},
		{"addresses", "from 93.184.216.34 and 10.0.0.1, 127.0.0.1, 1.2.3.4.5", "ip-address info 93.184.216.34"},
		{"version six", "at 2606:2800:220:1:248:1893:25c8:1946, ::1, 12:34:56", "ip-address info 2606:2800:220:1:248:1893:25c8:1946"},
		{"a network card", "ether 00:1a:2b:3c:4d:5e txqueuelen", "mac-address low 00:1a:2b:3c:4d:5e"},
		{"birth", "date of birth: 12/05/1984, seen 03/04/2021 10:00", "birth-date medium 12/05/1984; birth-date medium 03/04/2021"},
		{"passport", "Passport no. 925076473; passport C01X00T47", "passport medium 925076473; passport medium C01X00T47"},
		{"health", "Patient MRN 00123456, diagnosis E11.9 and ICD-10 code I10", "medical-record medium 00123456; diagnosis medium E11.9; diagnosis medium I10"},
		{"wallets", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
			"bitcoin-address low 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa; bitcoin-address low bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4; ethereum-address low 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
		{"a wallet's key", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "bitcoin-private-key critical 5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"},
		{"a vehicle", "VIN 1M8GDM9AXKP042788", "vin medium 1M8GDM9AXKP042788"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := found(c.text); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// Numbers that who gives them, or the encyclopaedias, publish as examples. With its word each
// is high; with one digit changed it is nothing high.
func TestNationals(t *testing.T) {
	for _, c := range []struct{ rule, word, number string }{
		{"cn-resident-id", "resident id", "360426199101010071"}, {"cn-resident-id", "resident id", "11010519491231002X"},
		{"fr-nir", "INSEE", "2 95 10 99 126 111 93"}, {"fr-nir", "numéro de sécu", "295109912611193"},
		{"ch-ahv", "AHV", "756.9217.0769.85"}, {"br-cpf", "CPF", "390.533.447-05"}, {"br-cpf", "CPF", "39053344705"},
		{"no-fodselsnummer", "fødselsnummer", "151086 95088"}, {"tr-tckn", "kimlik", "17291716060"}, {"pl-pesel", "PESEL", "44051401359"},
		{"be-rijksregister", "rijksregisternummer", "85.07.30-033.28"}, {"be-rijksregister", "national register", "17073003384"},
		{"de-steuer-id", "Steuer-ID", "36 574 261 809"}, {"ro-cnp", "CNP", "1630615123457"}, {"za-id", "South African", "7503305044089"},
		{"in-aadhaar", "Aadhaar", "2341 2341 2346"}, {"jp-my-number", "my number", "123456789018"},
		{"se-personnummer", "personnummer", "880320-0016"}, {"uk-nhs", "NHS number", "943 476 5870"}, {"at-svnr", "SVNR", "1237 010180"},
		{"cz-rodne-cislo", "rodné číslo", "710319/2745"}, {"bg-egn", "EGN", "7523169263"},
		{"us-ssn", "SSN", "536-90-4399"}, {"ca-sin", "SIN", "123 456 782"}, {"nl-bsn", "BSN", "111222333"}, {"pt-nif", "contribuinte", "501964843"},
		{"it-codice-fiscale", "codice fiscale", "RCCMNL83S18D969H"}, {"mx-curp", "CURP", "BOXW310820HNERXN09"}, {"es-dni", "DNI", "54362315K"},
		{"es-nie", "NIE", "X2482300W"}, {"ie-pps", "PPS", "6433435F"}, {"fi-hetu", "hetu", "131052-308T"}, {"il-id", "Israeli", "039337423"},
		{"sg-nric", "NRIC", "S1234567D"}, {"uk-nino", "National Insurance", "AB123456C"}, {"dk-cpr", "CPR", "211062-5629"}, {"au-tfn", "TFN", "123456782"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			text := c.word + ": " + c.number
			if got := found(text); got != c.rule+" high "+c.number {
				t.Errorf("%s: %s", text, got)
			}
			if c.rule == "us-ssn" || c.rule == "dk-cpr" || c.rule == "uk-nino" {
				return // they have no check digit
			}
			i := strings.LastIndexAny(c.number, "0123456789")
			wrong := c.number[:i] + string('0'+(c.number[i]-'0'+1)%10) + c.number[i+1:]
			if got := found(c.word + ": " + wrong); strings.Contains(got, c.rule) {
				t.Errorf("%s: %s", wrong, got)
			}
		})
	}
}

// Random numbers without a word beside them.
func TestRandomNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const all = 100_000
	counts := map[string]int{}
	worst := 0
	for range all {
		b := make([]byte, 9+r.IntN(11))
		for i := range b {
			b[i] = '0' + byte(r.IntN(10))
		}
		for _, h := range (personal.Detector{}).Find(nil, []byte("order "+string(b)+" shipped")) {
			counts[h.Rule+" "+h.Severity.String()]++
			if h.Severity >= finding.Medium {
				worst++
			}
			if h.Severity >= finding.High {
				t.Errorf("%s: %s", b, h.Rule)
			}
		}
	}
	t.Logf("of %d random numbers of 9 to 19 digits: %v", all, counts)
	if worst*100 > all {
		t.Errorf("%d at medium and above", worst)
	}
}

func TestRulesHaveWords(t *testing.T) {
	for _, h := range (personal.Detector{}).Find(nil, []byte("4539 1488 0343 6467 a@b.io +442079460958 SSN 536-90-4399 X2482300W 131052-308T")) {
		if h.Words == "" {
			t.Errorf("%+v", h)
		}
	}
	if n := len(personal.Rules()); n < 50 {
		t.Errorf("%d rules", n)
	}
}

// As in package secret: split at any byte, it is found in one of the pieces or in the last
// 512 bytes of the first with the first 512 of the second.
func TestSplitAtEveryByte(t *testing.T) {
	for _, token := range []string{
		"card 4539 1488 0343 6467", "DE68 2105 0170 0012 3456 78", "SSN 536-90-4399", "numéro de sécu 2 95 10 99 126 111 93",
		"codice fiscale RCCMNL83S18D969H", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "date of birth: 12/05/1984",
		"Passport no. 925076473", "diagnosis E11.9", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ada@analytical.io", "+44 20 7946 0958", "hetu 131052-308T",
	} {
		text := strings.Repeat("some words before ", 60) + token + strings.Repeat(" some words behind", 60)
		start := strings.Index(text, token)
		want := worst(text)
		if want == 0 {
			t.Errorf("%s is not found", token)
		}
		for cut := start + 1; cut < start+len(token); cut++ {
			one, two := text[:cut], text[cut:]
			both := one[max(0, len(one)-personal.Reach):] + two[:min(len(two), personal.Reach)]
			if max(worst(one), worst(two), worst(both)) < want {
				t.Errorf("%s split at %d", token, cut-start)
			}
		}
	}
}

func worst(text string) finding.Severity {
	return finding.Worst((personal.Detector{}).Find(nil, []byte(text)))
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "1-1-1-1-1-1-1-1-1-1-1-1-1-1", "@", "a@b.c.", "::1:2", "00:00:00:00:00:01",
		"131052-308T", "+(", "(0) 1", "ICD E11.9999", "0x", strings.Repeat("1", 300), strings.Repeat("1 ", 300), "756.9217.0769.85", "X0000000T"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for _, h := range (personal.Detector{}).Find(nil, text) {
			if h.Start < last || h.End <= h.Start || h.End > len(text) || h.Severity == 0 || h.Words == "" {
				t.Fatalf("%+v in %q", h, text)
			}
			last = h.End
		}
	})
}
