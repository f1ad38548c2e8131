package config

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// Whatever a file holds, the answer is a configuration or Problems.
func FuzzParse(f *testing.F) {
	f.Setenv("MANTLET_STATE", "/state")
	f.Add("servers: {a: {command: x}}\n")
	f.Add("limits: {message: 1KiB}\n")
	a, err := txtar.ParseFile("testdata/problems.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range a.Files {
		if strings.HasSuffix(one.Name, ".yaml") {
			f.Add(string(one.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("", []byte(text))
		if err != nil {
			checkProblems(t, err)
			return
		}
		if _, err := c.Redacted(); err != nil {
			t.Error(err)
		}
	})
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	all, ok := errors.AsType[Problems](err)
	if !ok || len(all) == 0 {
		t.Fatalf("%T is not Problems", err)
	}
	for _, p := range all {
		if p.Path == "" || p.Text == "" || p.Line < 0 || strings.ContainsAny(p.String(), "\n\r\x00\x1b") {
			t.Errorf("%q", p)
		}
	}
}

// A secret that stands where secrets stand, or one level beside it, is in no
// problem and not in the redacted form.
func FuzzSecret(f *testing.F) {
	f.Setenv("MANTLET_STATE", "/state")
	f.Add("", "", "log: {level: loud}\n")
	f.Add("file:", "\r\n", "servers: {}\n")
	f.Add("://", "@", "lisen: x\n\"")
	f.Add("%", "\x00", "a: *b\n")
	f.Fuzz(func(t *testing.T, before, after, rest string) {
		const canary = "hunter2canary"
		if !utf8.ValidString(before+after) || strings.Contains(rest, canary[:4]) || strings.HasPrefix(before, "file:") {
			t.Skip() // the name of a file is shown
		}
		b, err := json.Marshal(before + canary + after)
		if err != nil {
			t.Fatal(err)
		}
		s := string(b)
		for _, text := range []string{
			"servers: {a: {url: \"https://h/\", headers: {X: " + s + "}}, b: {command: x, env: {A: " + s + "}}}\n",
			"servers: {a: {url: \"https://h/\", headers: " + s + ", proxy: " + s + "}, b: {command: x, env: [" + s + "]}, c: {url: " + s + "}}\n",
			"servers: {a: " + s + ", b: {url: \"https://u:hunter2canary@h/\", headers: {" + `"X: ` + s[1:] + ": 1}}}\n",
		} {
			silent(t, canary, text)
			silent(t, canary, text+rest)
			silent(t, canary, rest+text)
		}
	})
}

func silent(t *testing.T, canary, text string) {
	t.Helper()
	c, err := Parse("", []byte(text))
	if err != nil {
		checkProblems(t, err)
		if strings.Contains(err.Error(), canary) {
			t.Errorf("the secret is repeated:\n%s\nof\n%s", err, text)
		}
		return
	}
	b, err := c.Redacted()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), canary) && !strings.Contains(c.Servers["c"].url(), canary) {
		t.Errorf("the secret is shown:\n%s", b)
	}
}

func (s *Server) url() string {
	if s == nil {
		return ""
	}
	return s.URL
}
