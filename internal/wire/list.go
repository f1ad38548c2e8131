package wire

import (
	"bytes"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// A List is the result of a request that lists things.
type List struct {
	Array      Span
	Items      []Item
	NextCursor string
	HasCursor  bool // a next page can be asked for
}

// An Item is one thing in a list, with its exact bytes at Span. Name is what it
// is called by: its name, URI, URI template or task id.
type Item struct {
	Span Span
	Name string
}

// A listed is a list that was read, and the method that it answers.
type listed struct {
	answers Method
	list    List
}

// listKeys are the member that holds a list, and the member that names an item.
var listKeys = map[Method][2]string{
	"tools/list":               {"tools", "name"},
	"prompts/list":             {"prompts", "name"},
	"resources/list":           {"resources", "uri"},
	"resources/templates/list": {"resourceTemplates", "uriTemplate"},
	"tasks/list":               {"tasks", "taskId"},
}

// Items reads the result of answers, a list method. A list that lacks its array,
// an item that is no object or lacks its name, and more than l.Items of them are
// refused.
func (m *Message) Items(answers Method, l Limits) (List, error) {
	if done := m.list.Load(); done != nil && done.answers == answers && len(done.list.Items) <= l.Items {
		return done.list, nil
	}
	keys, ok := listKeys[answers]
	if !ok || m.Kind != Result {
		return List{}, bad(CodeInvalidRequest, 0, "the message is not the result of a list")
	}
	var list List
	if at, ok := m.child(m.Result, "nextCursor"); ok && string(m.At(at.value)) != "null" {
		if list.NextCursor, list.HasCursor = m.String(at.value); !list.HasCursor {
			return List{}, bad(CodeInvalidRequest, at.value.Start, "nextCursor must be a string")
		}
	}
	array, ok := m.child(m.Result, keys[0])
	if !ok || m.raw[array.value.Start] != '[' {
		return List{}, bad(CodeInvalidRequest, m.Result.Start, "result.%s must be an array", keys[0])
	}
	list.Array = array.value
	if err := m.readItems(&list, keys[1], l.Items); err != nil {
		return List{}, err
	}
	m.list.Store(&listed{answers, list})
	return list, nil
}

// Keep prepares m for Again: what is made of its content is made once. It is called
// before m is shared.
func (m *Message) Keep() { m.memo = new(atomic.Pointer[string]) }

// Again is b as a message, if b is m but for its id: then nothing of it need be
// read anew. It is how a list that did not change is recognised, by comparing
// bytes. ok is false where b is anything else, and says nothing of what it is.
func (m *Message) Again(b []byte) (again *Message, ok bool) {
	at, found := m.Find("id")
	if !found || len(b) != len(m.raw) || !bytes.Equal(b[:at.Start], m.raw[:at.Start]) || !bytes.Equal(b[at.End:], m.raw[at.End:]) {
		return nil, false
	}
	id := b[at.Start:at.End]
	if _, exact := exactID(id); !exact || !jsontext.Value(id).IsValid() {
		return nil, false
	}
	again = &Message{
		Kind: m.Kind, ID: ID(id), Method: m.Method, Params: m.Params, Result: m.Result, Error: m.Error,
		Name: m.Name, Meta: m.Meta, raw: b, top: m.top, outer: m.outer, memo: m.memo, marks: m.marks,
	}
	again.list.Store(m.list.Load())
	return again, true
}

// readItems walks the array once, forward. The names are cut from one string: a list
// of thousands is read with a handful of allocations.
func (m *Message) readItems(list *List, key string, limit int) error {
	var names []byte
	var ends []int
	for s := range m.doc().elements(list.Array.Start) {
		if len(list.Items) == limit {
			return beyond(s.Start, "the list has more than %d items", limit)
		}
		name, err := m.itemName(s, key)
		if err != nil {
			return err
		}
		names = append(names, name...)
		ends = append(ends, len(names))
		list.Items = append(list.Items, Item{Span: s})
	}
	text, at := string(names), 0
	for i, end := range ends {
		list.Items[i].Name, at = text[at:end], end
	}
	return nil
}

// itemName is the decoded name of the item at s. It aliases the message where there
// is no escape in it.
func (m *Message) itemName(s Span, key string) (name []byte, err error) {
	if m.raw[s.Start] != '{' {
		return nil, bad(CodeInvalidRequest, s.Start, "an item of the list is no object")
	}
	found := false
	for one := range m.doc().members(s.Start) {
		known, err := ours(m.raw, one.key, itemNames)
		if err != nil {
			return nil, err
		}
		if known == key && m.raw[one.value.Start] == '"' {
			name, found = text(m.raw, one.value), true
		}
	}
	if !found {
		return nil, bad(CodeInvalidRequest, s.Start, "an item of the list lacks its %s", key)
	}
	return name, nil
}
