package personal

import "github.com/mantlet-mcp/mantlet/internal/inspect/finding"

// A national is a number of digits that a state gives to a person.
type national struct {
	rule   string
	digits int
	valid  func([]byte) bool
	topics topic
	layout []int            // of its groups, as people write it; nil where there is no habit
	mark   byte             // between the groups; 0 is any
	bare   finding.Severity // where no word stands beside it, but its layout is right
	named  finding.Severity // where a word does
}

// nationals are tried in this order: those that the fewest random numbers pass come first.
var nationals = []national{
	{"cn-resident-id", 18, china, aChinese | anID, []int{18}, 0, medium, high},
	{"kr-rrn", 13, korea, aKorean | anID, []int{6, 7}, '-', medium, high},
	{"fr-nir", 15, france, anINSEE | anID, []int{1, 2, 2, 2, 3, 3, 2}, 0, medium, high},
	{"ch-ahv", 13, swiss, anAHV | anID, []int{3, 4, 4, 2}, '.', medium, high},
	{"br-cnpj", 14, cnpj, aCNPJ, []int{2, 3, 3, 4, 2}, 0, low, low},
	{"br-cpf", 11, cpf, aCPF | anID, []int{3, 3, 3, 2}, 0, medium, high},
	{"no-fodselsnummer", 11, norway, aNorse | anID, []int{6, 5}, ' ', low, high},
	{"tr-tckn", 11, turkey, aTurk | anID, nil, 0, 0, high},
	{"pl-pesel", 11, poland, aPESEL | anID, nil, 0, 0, high},
	{"be-rijksregister", 11, belgium, aBelgian | anID, []int{2, 2, 2, 3, 2}, 0, medium, high},
	{"de-steuer-id", 11, germany, aSteuer | anID, []int{2, 3, 3, 3}, ' ', low, high},
	{"ro-cnp", 13, romania, aRomanian | anID, nil, 0, 0, high},
	{"za-id", 13, southAfrica, anAfrican | anID, nil, 0, 0, high},
	{"in-aadhaar", 12, aadhaar, anAadhaar | anID, []int{4, 4, 4}, ' ', low, high},
	{"jp-my-number", 12, japan, aJapanese, nil, 0, 0, high},
	{"se-personnummer", 12, sweden12, aSwede | anID, []int{8, 4}, '-', medium, high},
	{"se-personnummer", 10, sweden, aSwede | anID, []int{6, 4}, '-', low, high},
	{"uk-nhs", 10, nhs, aNHS, []int{3, 3, 4}, ' ', low, high},
	{"at-svnr", 10, austria, anAustrian, nil, 0, 0, high},
	{"cz-rodne-cislo", 10, czech, aCzech | anID, []int{6, 4}, '/', medium, high},
	{"bg-egn", 10, bulgaria, aBulgarian | anID, nil, 0, 0, high},
	{"dk-cpr", 10, denmark, aDane | anID, []int{6, 4}, '-', low, high},
	{"us-ssn", 9, ssn, anSSN, []int{3, 2, 4}, '-', medium, high},
	{"us-itin", 9, itin, anSSN, []int{3, 2, 4}, '-', low, high},
	{"ca-sin", 9, canada, aCanadian, []int{3, 3, 3}, 0, 0, high},
	{"nl-bsn", 9, dutch, aBSN, nil, 0, 0, high},
	{"pt-nif", 9, portugal, aPortuguese, nil, 0, 0, high},
	{"au-tfn", 9, australia, anAustralian, nil, 0, 0, high},
	{"il-id", 9, canada, anIsraeli, nil, 0, 0, high},
	{"us-bank-routing", 9, routing, aBank, nil, 0, 0, low},
}

// byLength are the nationals by how many digits they have.
var byLength = func() (t [19][]*national) {
	for i := range nationals {
		id := &nationals[i]
		t[id.digits] = append(t[id.digits], id)
	}
	return t
}()

// published are numbers that stand for one in forms and documentation.
var published = map[string]bool{"123456789": true, "078051120": true, "219099999": true, "987654321": true}

// written reports whether the groups a to b are those of the number as people write it.
func (id *national) written(n *number, a, b int) bool {
	return len(id.layout) == b-a+1 && n.alone(a, b) && n.laid(a, id.layout...) && (id.mark == 0 || a == b || n.mark[a+1] == id.mark)
}

// severity grades the groups a to b.
func (id *national) severity(n *number, a, b int, topics topic) finding.Severity {
	switch {
	case published[string(n.part(a, b))]:
		return low
	case topics&id.topics != 0:
		return id.named
	case id.written(n, a, b):
		return id.bare
	}
	return 0
}
