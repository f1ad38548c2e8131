package config

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong: where, and what to do.
type Problem struct {
	Path string // servers.files.url; "file" for the file as a whole
	Line int    // 0 where the file does not have it
	Text string
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Path, p.Line, p.Text)
	}
	return p.Path + ": " + p.Text
}

// Problems are all that is wrong, in the order of the file; what the file does not
// have comes first.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(x, y Problem) int { return x.Line - y.Line })
	return p
}

// A checker gathers problems. It knows where each path stands, and which paths
// could not be read: nothing is said about what follows from those.
type checker struct {
	lines  map[string]int
	found  Problems
	failed map[string]bool              // paths that could not be read
	above  map[string]bool              // paths with such a path below them
	open   func(string) ([]byte, error) // reads a file of Names that a bundle may hold
}

func newChecker(lines map[string]int) *checker {
	return &checker{lines: lines, failed: make(map[string]bool), above: make(map[string]bool)}
}

// unread reports a path that could not be read.
func (c *checker) unread(path string, line int, format string, args ...any) {
	c.blame(path)
	c.say(path, line, fmt.Sprintf(format, args...))
}

func (c *checker) say(path string, line int, text string) {
	c.found = append(c.found, Problem{Path: masked.ReplaceAllString(path, "?"), Line: line, Text: text})
}

// blame takes a path for unread without a problem of its own.
func (c *checker) blame(path string) {
	for c.failed[path] = true; path != ""; path = parent(path) {
		c.above[path] = true
	}
}

// add reports what is wrong with the value at path, unless it could not be read.
func (c *checker) add(path, format string, args ...any) {
	if c.read(path) {
		c.say(path, c.line(path), fmt.Sprintf(format, args...))
	}
}

// read says that neither path nor anything above it failed.
func (c *checker) read(path string) bool {
	for ; path != ""; path = parent(path) {
		if c.failed[path] {
			return false
		}
	}
	return true
}

// sure says that the paths, with all that is below and above them, were read: what
// is said of several settings together is only said where each of them is known.
func (c *checker) sure(paths ...string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool { return c.above[p] || !c.read(p) })
}

// line is where path stands in the file, or the nearest above it that does.
func (c *checker) line(path string) int {
	for ; path != ""; path = parent(path) {
		if n, ok := c.lines[path]; ok {
			return n
		}
	}
	return 0
}

func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// below is the path of a key. A key that is no plain word is not shown: it can be a
// secret that slipped to the left of its colon ("TOKEN=hunter2:"). Within the
// package its path is one of its own all the same.
func below(path, key string) string {
	if !plain(key) {
		key = "?" + hex.EncodeToString([]byte(key))
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

var masked = regexp.MustCompile(`\?[0-9a-f]*`)

func plain(key string) bool {
	return key != "" && len(key) <= 64 && !strings.ContainsFunc(key, func(r rune) bool {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}
