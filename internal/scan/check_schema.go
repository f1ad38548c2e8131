package scan

import (
	"encoding/json"
	"maps"
	"slices"
)

// powerful are names of arguments by which a tool is told what to do or where to go.
var powerful = map[string]bool{
	"command": true, "cmd": true, "shell": true, "script": true, "code": true, "sql": true, "url": true, "uri": true,
	"path": true, "file_path": true, "filepath": true, "html": true, "expression": true,
}

// unbounded are the powerful arguments, by name, that take a string of any length and form.
func unbounded(properties map[string]json.RawMessage) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !powerful[name] {
			continue
		}
		var p map[string]json.RawMessage
		if json.Unmarshal(properties[name], &p) != nil || string(p["type"]) != `"string"` {
			continue
		}
		if !slices.ContainsFunc([]string{"enum", "const", "pattern", "maxLength", "format"}, func(k string) bool { return p[k] != nil }) {
			out = append(out, name)
		}
	}
	return out
}
