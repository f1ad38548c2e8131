package personal

// words are what is said of each rule's hits.
var words = map[string]string{
	"card":                "the number of a payment card",
	"iban":                "the number of a bank account (IBAN)",
	"phone":               "a telephone number",
	"mail-address":        "an address of mail",
	"ip-address":          "an address of a machine in the Internet",
	"mac-address":         "the address of a network card",
	"birth-date":          "a date of birth",
	"passport":            "the number of a passport",
	"driving-licence":     "the number of a driving licence",
	"medical-record":      "the number of a medical record",
	"diagnosis":           "a diagnosis (ICD-10)",
	"vin":                 "the number of a vehicle",
	"bitcoin-address":     "an address of Bitcoin",
	"bitcoin-private-key": "a private key of Bitcoin",
	"ethereum-address":    "an address of Ethereum",
}

// A saying is what a hit of a rule says.
type saying struct{ id, words string }

var sayings = func() map[string]saying {
	for _, id := range nationals {
		words[id.rule] = "a number of identity (" + id.rule + ")"
	}
	for _, id := range lettered {
		if words[id.rule] == "" {
			words[id.rule] = "a number of identity (" + id.rule + ")"
		}
	}
	words["fi-hetu"] = "a number of identity (fi-hetu)"
	out := make(map[string]saying, len(words))
	for rule, w := range words {
		out[rule] = saying{"personal/" + rule, "it holds " + w + "; leave it out, or put a token in its place"}
	}
	return out
}()
