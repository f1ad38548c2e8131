package corpus

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
)

// A Doc is one document: the texts that a detector sees of it, one by one.
type Doc struct {
	Source string
	Group  string // a server, a repository's file, a template: never on both sides of a split
	Kind   string
	Label  int // 1 attack, 0 honest, -1 about attacks
	Texts  []string
	Name   string // of a tool
	Raw    json.RawMessage
}

// Text is the document's first text: a description, or the whole of it.
func (d *Doc) Text() string {
	if len(d.Texts) == 0 {
		return ""
	}
	return d.Texts[0]
}

// ErrAbsent is what Read fails with where the corpora are not there.
var ErrAbsent = errors.New("the corpora are not there (set MANTLET_CORPORA)")

// Dir is where the corpora are: MANTLET_CORPORA, or beside the project.
func Dir() string {
	if dir := os.Getenv("MANTLET_CORPORA"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "..", "shared", "data")
}

type row struct {
	Kind        string          `json:"kind"`
	Label       int             `json:"label"`
	Server      string          `json:"server"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Text        string          `json:"text"`
	InputSchema json.RawMessage `json:"inputSchema"`
	Repo        string          `json:"repo"`
	Path        string          `json:"path"`
	IType       string          `json:"itype"`
	Category    string          `json:"category"`
	Sub         string          `json:"sub"`
	ID          string          `json:"id"`
}

// Read gives the documents of one source.
func Read(source string) ([]Doc, error) {
	f, err := os.Open(filepath.Join(Dir(), "text", source, "data.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var out []Doc
	s := bufio.NewScanner(f)
	s.Buffer(nil, 8<<20)
	for s.Scan() {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		out = append(out, r.doc(source))
	}
	return out, s.Err()
}

func (r *row) doc(source string) Doc {
	d := Doc{Source: source, Group: r.ID, Kind: r.Kind, Label: r.Label, Name: r.Name, Texts: []string{r.Text}}
	switch {
	case r.Kind == "tool_def":
		r.definition(&d)
	case r.Repo != "":
		d.Group, d.Kind, d.Source = r.Repo+"/"+r.Path, r.Repo, source+"/"+r.Repo
	case r.IType != "":
		d.Kind = r.IType
	case r.Sub != "":
		d.Kind = r.Kind + "/" + r.Sub
	}
	return d
}

// definition takes the texts of a tool: its description first, then what its schema says.
func (r *row) definition(d *Doc) {
	name, text := r.Name, r.Description
	if name == "" {
		name, text, _ = strings.Cut(r.Text, "\n")
	}
	if text == "" {
		text = r.Text
	}
	d.Group, d.Name, d.Texts = r.origin(), name, []string{text}
	var schema any
	if json.Unmarshal(r.InputSchema, &schema) == nil {
		d.Texts = prose(d.Texts, schema, 0)
	}
	m := map[string]any{"name": name, "description": text}
	if len(r.InputSchema) > 0 {
		m["inputSchema"] = r.InputSchema
	}
	d.Raw, _ = json.Marshal(m)
}

// origin is the server without what registries put around its name.
func (r *row) origin() string {
	if r.Server == "mcpproxy-detect" || r.Server == "" {
		return r.ID
	}
	at := strings.LastIndexByte(strings.TrimSuffix(r.Server, "/"), '/')
	return strings.ToLower(r.Server[at+1:])
}

const minText = 12 // shorter strings of a schema say nothing

func prose(dst []string, v any, depth int) []string {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			s, ok := v[name].(string)
			if ok && (name == "description" || name == "title" || name == "default" || name == "$comment") && len(s) >= minText {
				dst = append(dst, s)
			} else if !ok && depth < 32 {
				dst = prose(dst, v[name], depth+1)
			}
		}
	case []any:
		for _, x := range v {
			dst = prose(dst, x, depth+1)
		}
	}
	return dst
}

// Share places a group between 0 and 99, always in the same place.
func Share(group string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(group))
	x := h.Sum32()
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	return int(x % 100)
}

// A Split is what a group serves for.
type Split int

// The splits: the weights, the second stage and the tiers, the figures.
const (
	Train Split = iota
	Tune
	Test
)

// SplitOf says what a group serves for: 60, 20 and 20 of a hundred.
func SplitOf(group string) Split {
	switch n := Share(group); {
	case n < 60:
		return Train
	case n < 80:
		return Tune
	}
	return Test
}
