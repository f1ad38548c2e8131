package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may be. The lexer takes time in proportion to a file; the parser does
// not, so that these are held before it sees anything.
const (
	maxFile   = 1 << 20
	maxTokens = 100_000
	maxDepth  = 32
)

// document is the tree of the file's one document, nil where it is empty or could
// not be read; c has the problem then.
func (c *checker) document(b []byte) (body ast.Node) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // editors on Windows write it
	if !c.text(b) {
		return nil
	}
	// The reader is not ours and has met fewer hostile files than this may; whatever
	// it does, the answer is a problem and nothing starts.
	defer func() {
		if recover() != nil {
			c.unread("file", 0, "is not YAML that can be read; write it more plainly")
			body = nil
		}
	}()
	tokens := lexer.Tokenize(string(b))
	if !c.bounded(tokens) {
		return nil
	}
	said := c.features(tokens)
	c.tabs(b, said)
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // the walk reports them all
	if err != nil {
		c.syntax(err, said)
		return nil
	}
	return c.only(f.Docs)
}

// text holds the file to its size and to UTF-8.
func (c *checker) text(b []byte) bool {
	switch {
	case len(b) > maxFile:
		c.unread("file", 0, "is larger than 1 MiB; take out what is not configuration")
	case !utf8.Valid(b):
		c.unread("file", 0, "is not UTF-8; save it as UTF-8")
	case bytes.IndexByte(b, 0) >= 0:
		c.unread("file", 1+bytes.Count(b[:bytes.IndexByte(b, 0)], []byte("\n")), "holds a NUL; take it out")
	default:
		return true
	}
	return false
}

// bounded holds the file to what the parser reads quickly.
func (c *checker) bounded(tokens token.Tokens) bool {
	if line := tooDeep(tokens); line > 0 {
		c.unread("file", line, "nests deeper than %d; no setting needs that", maxDepth)
		return false
	}
	if len(tokens) > maxTokens {
		c.unread("file", 0, "holds more than %d words and marks; take out what is not configuration", maxTokens)
		return false
	}
	return true
}

// tooDeep is the line where the nesting passes maxDepth, 0 where it never does.
// Brackets nest as they open; outside of them each entry nests in those that stand
// left of it.
func tooDeep(tokens token.Tokens) int {
	var columns []int
	flow := 0
	for i, t := range tokens {
		column := t.Position.Column
		switch t.Type { //nolint:exhaustive // the rest opens and closes nothing
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(0, flow-1)
		case token.MappingValueType, token.SequenceEntryType, token.MappingKeyType:
			if flow > 0 {
				continue
			}
			if t.Type == token.MappingValueType && i > 0 {
				column = tokens[i-1].Position.Column // the key's
			}
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, column)
		}
		if len(columns)+flow > maxDepth {
			return t.Position.Line
		}
	}
	return 0
}

// refused are the parts of YAML by which a file says something else than it shows.
var refused = map[token.Type]string{
	token.AnchorType:    "anchors (&) are refused; write the value out, or put quotes around a text that begins with &",
	token.AliasType:     "aliases (*) are refused; write the value out, or put quotes around a text that begins with *",
	token.TagType:       "tags (!) are refused; take it out, or put quotes around a text that begins with !",
	token.MergeKeyType:  "merge keys (<<) are refused; write the settings out",
	token.DirectiveType: "directives (%) are refused; take it out",
}

// features reports them, each once for a line, and says on which lines they are.
func (c *checker) features(tokens token.Tokens) map[int]bool {
	lines, said := make(map[int]bool), make(map[string]bool)
	for _, t := range tokens {
		text, bad := refused[t.Type]
		line := t.Position.Line
		if at := fmt.Sprint(line, t.Type); bad && !said[at] {
			said[at], lines[line] = true, true
			c.unread("file", line, "%s", text)
		}
	}
	return lines
}

// tabs reports tabs within a line: the lexer drops them from plain text, so that
// another value would be read than is seen. Before a comment they do no harm.
func (c *checker) tabs(b []byte, said map[int]bool) {
	n := 0
	for line := range bytes.Lines(b) {
		n++
		if i := comment.FindIndex(line); i != nil {
			line = line[:i[0]]
		}
		if bytes.IndexByte(bytes.TrimSpace(line), '\t') >= 0 {
			said[n] = true
			c.unread("file", n, "holds a tab; write spaces, or \\t in double quotes")
		}
	}
}

var comment = regexp.MustCompile(`(^|[ \t])#`)

// syntax reports why the file is no YAML. The reader's words are not repeated where
// they quote the file, and nothing is said of a line that was refused before.
func (c *checker) syntax(err error, said map[int]bool) {
	text, line := "is not YAML", 0
	if y, ok := errors.AsType[yaml.Error](err); ok {
		if m := y.GetMessage(); !strings.ContainsAny(m, "\"`\n") {
			text += ": " + m
		}
		if t := y.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
	}
	if !said[line] {
		c.unread("file", line, "%s", text)
	}
}

// only is the first document; a second one is a problem, for it would say nothing.
func (c *checker) only(docs []*ast.DocumentNode) ast.Node {
	var first ast.Node
	for i, d := range docs {
		switch d.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.DirectiveNode: // refused above
		default:
			if first == nil {
				first = d.Body
				continue
			}
		}
		if i > 0 && first != nil {
			c.unread("file", startOf(d), "holds a second document; keep one to a file")
			break
		}
	}
	return first
}

func startOf(d *ast.DocumentNode) int {
	if d.Start != nil {
		return d.Start.Position.Line
	}
	return lineOf(d.Body)
}
