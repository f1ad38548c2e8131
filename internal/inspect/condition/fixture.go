package condition

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// A Fixture is a call, and which condition refuses it.
type Fixture struct {
	Tool      string          `json:"tool"`      // "server/tool"
	Arguments json.RawMessage `json:"arguments"` // an object
	Refused   string          `json:"refused"`   // the condition's id; "" where the call may pass
}

// ReadFixtures reads a JSON array of fixtures.
func ReadFixtures(b []byte) (out []Fixture, err error) {
	if len(b) > MaxBytes || !jsontext.Value(b).IsValid() {
		return nil, errors.New("the fixtures are no JSON, or have more than a mebibyte")
	}
	return out, json.Unmarshal(b, &out)
}

func (f *Fixture) hold(c *Conditions) error {
	server, tool := cut(f.Tool)
	err := c.Check(server, tool, f.Arguments)
	r, refused := errors.AsType[*Refusal](err)
	switch {
	case err != nil && !refused:
		return err
	case refused && f.Refused == "":
		return fmt.Errorf("it may pass, and %s refuses it", r.ID)
	case !refused && f.Refused != "":
		return fmt.Errorf("%s should refuse it, and nothing does", f.Refused)
	case refused && r.ID != f.Refused:
		return fmt.Errorf("%s should refuse it, and %s does", f.Refused, r.ID)
	}
	return nil
}

func cut(tool string) (server, name string) {
	for i := range len(tool) {
		if tool[i] == '/' {
			return tool[:i], tool[i+1:]
		}
	}
	return tool, ""
}
