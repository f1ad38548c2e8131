package secret

import "testing"

// Every format ends within Reach bytes of its start, together with what its check reads around
// it (300 bytes before a signature of Azure, 200 beside a key of AWS). Private keys and JWTs,
// which are longer, are known by their first line and by their header.
func TestFormatsEndWithinReach(t *testing.T) {
	n := 0
	for _, f := range trials() {
		n++
		most := Reach
		switch f.rule {
		case "secret/azure-sas":
			most -= 300
		case "secret/aws-key-id":
			most -= 200
		case "secret/jwt": // a header of 400 bytes, and the first ones of the claims
			most += 200
		}
		if f.longest() > most && f.shortest() > most {
			t.Errorf("%s: %d to %d bytes", f.rule, f.shortest(), f.longest())
		}
	}
	t.Logf("%d patterns of %d rules", n, len(Rules()))
	if n < 250 || len(Rules()) < 200 {
		t.Error("formats are missing")
	}
}

// shortest is how many bytes a shape has at least: it is known by these.
func (s *shape) shortest() int {
	n := s.before.least + len(s.word)
	for i := range s.after {
		n += len(s.after[i].fixed) + s.after[i].least
	}
	return n
}
