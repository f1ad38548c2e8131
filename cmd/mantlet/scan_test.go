package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An address that lists its tools to anybody is a finding; one that wants credentials is
// not scanned, and that is not exit code 0.
func TestScanOfAnAddress(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			ID     json.RawMessage
			Method string
		}
		if r.URL.Path == "/closed" || json.NewDecoder(r.Body).Decode(&q) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		result := `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}`
		if q.Method == "tools/list" {
			result = `{"tools":[{"name":"add","description":"Adds.","inputSchema":{"type":"object"}}]}`
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, q.ID, result)
	}))
	defer s.Close()
	for path, want := range map[string]int{"/open": exitFound, "/closed": exitRefused} {
		var out bytes.Buffer
		c := rootCommand()
		c.SetArgs([]string{"scan", "--fail-on", "medium", s.URL + path})
		c.SetOut(&out)
		e, ok := errors.AsType[*exitError](c.ExecuteContext(t.Context()))
		if !ok || e.code != want {
			t.Errorf("%s: %v, want exit code %d", path, e, want)
		}
		if want == exitFound && !strings.Contains(out.String(), "medium   MTL-NOAUTH-001") {
			t.Errorf("the report is %q", out.String())
		}
	}
}
