package wire

import "testing"

// What a client's capabilities object offers, and which questions that answers.
func TestOffers(t *testing.T) {
	for caps, want := range map[string]Offers{
		`{}`:                                     0,
		`{"elicitation":{}}`:                     OffersForm,
		`{"elicitation":{"form":{}}}`:            OffersForm,
		`{"elicitation":{"url":{}}}`:             OffersURL,
		`{"elicitation":{"url":{},"form":{}}}`:   OffersURL | OffersForm,
		`{"elicitation":null,"sampling":true}`:   0,
		`{"sampling":{}}`:                        OffersSampling,
		`{"sampling":{"tools":{},"context":{}}}`: OffersSampling | OffersSamplingTools,
		`{"sampling":{"tools":null}}`:            OffersSampling,
		`{"roots":{"listChanged":true}}`:         OffersRoots,
		`{"tasks":{},"experimental":{}}`:         OffersTasks,
		`[]`:                                     0,
	} {
		m := mustDecode(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":`+caps+`}}`)
		at, _ := m.Find("params", "capabilities")
		if got := m.Offers(at); got != want {
			t.Errorf("%s offers %b, want %b", caps, got, want)
		}
	}
	for question, needs := range map[string]Offers{
		`"method":"elicitation/create","params":{"message":"m"}`:          OffersForm,
		`"method":"elicitation/create","params":{"mode":"form"}`:          OffersForm,
		`"method":"elicitation/create","params":{"mode":"url","url":"u"}`: OffersURL,
		`"method":"sampling/createMessage","params":{}`:                   OffersSampling,
		`"method":"sampling/createMessage","params":{"tools":[{}]}`:       OffersSampling | OffersSamplingTools,
		`"method":"roots/list"`:                                           OffersRoots,
		`"method":"tasks/get","params":{"taskId":"t"}`:                    OffersTasks,
		`"method":"ping"`: 0,
	} {
		q := mustDecode(t, `{"jsonrpc":"2.0","id":1,`+question+`}`).Question()
		if !needs.Answer(q) || (needs != 0 && (^needs).Answer(q)) {
			t.Errorf("%s is answered by %b: %v, by all others: %v", question, needs, needs.Answer(q), (^needs).Answer(q))
		}
	}
	for _, nothing := range []string{`"method":"elicitation/create","params":{"mode":"voice"}`, `"method":"tools/call","params":{"name":"x"}`, `"method":"x/y"`} {
		if (^Offers(0)).Answer(mustDecode(t, `{"jsonrpc":"2.0","id":1,`+nothing+`}`).Question()) {
			t.Errorf("%s is answered", nothing)
		}
	}
}
