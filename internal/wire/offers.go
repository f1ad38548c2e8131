package wire

// Offers are the kinds of questions that a client has declared to answer
// (2024-11-05 to 2026-07-28, ClientCapabilities). The zero Offers answer none. Handles
// seal them: add bits, never move one.
type Offers uint16

// The offers.
const (
	OffersForm Offers = 1 << iota // elicitation by form; what an elicitation capability without parts means
	OffersURL                     // elicitation by URL
	OffersSampling
	OffersSamplingTools
	OffersRoots
	OffersTasks // 2025-11-25: the client has tasks of its own, which a server may ask after
)

// Offers reads the capabilities object at s. What is no object is no offer.
func (m *Message) Offers(s Span) Offers {
	var o Offers
	has := func(at Span, name string, bit Offers) (Span, bool) {
		one, ok := m.child(at, name)
		if ok = ok && m.raw[one.value.Start] == '{'; ok {
			o |= bit
		}
		return one.value, ok
	}
	if at, ok := has(s, "elicitation", 0); ok {
		_, form := has(at, "form", OffersForm)
		if _, url := has(at, "url", OffersURL); !url && !form {
			o |= OffersForm
		}
	}
	if at, ok := has(s, "sampling", OffersSampling); ok {
		has(at, "tools", OffersSamplingTools)
	}
	has(s, "roots", OffersRoots)
	has(s, "tasks", OffersTasks)
	return o
}

// Answer reports whether a client with these offers answers q. What the protocol does
// not know as a question to a client is answered by nobody; a ping by everybody.
func (o Offers) Answer(q Question) bool {
	switch q.Method {
	case "ping":
		return true
	case "elicitation/create":
		mode := q.Elicitation().Mode
		return mode == "form" && o&OffersForm != 0 || mode == "url" && o&OffersURL != 0
	case "sampling/createMessage":
		return o&OffersSampling != 0 && (q.Sampling().Tools.Empty() || o&OffersSamplingTools != 0)
	case "roots/list":
		return o&OffersRoots != 0
	case "tasks/get", "tasks/result", "tasks/list", "tasks/cancel":
		return o&OffersTasks != 0
	default:
		return false
	}
}
