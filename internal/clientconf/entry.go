package clientconf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// entry reads one server's object.
func entry(f File, s field) (Entry, error) {
	var in struct {
		Command string            `json:"command"`
		Args    []string          `json:"args"`
		Env     map[string]string `json:"env"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers"`
	}
	if err := json.Unmarshal(s.value, &in); err != nil {
		return Entry{}, errors.New("it cannot be read; its command, args, env, url and headers must be strings")
	}
	if (in.Command == "") == (in.URL == "") {
		return Entry{}, errors.New("it has neither a command nor a url, or both")
	}
	return Entry{File: f, Name: s.name, Command: in.Command, Args: in.Args, Env: in.Env, URL: in.URL, Header: in.Headers}, nil
}

// ID is the server id that Mantlet gives the entry: its name, made to fit.
func (e Entry) ID() string {
	var b strings.Builder
	for _, r := range strings.ToLower(e.Name) {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	id := b.String()
	if len(id) > 24 {
		id = id[:24]
	}
	if id = strings.Trim(id, "-"); id == "" {
		return "server"
	}
	return id
}

// replacement is the entry as it stands in the client's file afterwards: the
// client starts `mantlet wrap`, which joins the running Mantlet.
func replacement(mantlet, id, client string) []byte {
	b, err := json.Marshal(map[string]any{"command": mantlet, "args": []string{"wrap", "--server", id, "--client", client}})
	if err != nil {
		panic(fmt.Sprintf("strings cannot fail to marshal: %v", err))
	}
	return b
}
