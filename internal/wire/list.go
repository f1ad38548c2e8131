package wire

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
	keys, ok := listKeys[answers]
	if !ok || m.Kind != Result {
		return List{}, bad(CodeInvalidRequest, 0, "the message is not the result of a list")
	}
	var list List
	if at, ok := child(m.raw, m.Result, "nextCursor"); ok && string(m.At(at.value)) != "null" {
		if list.NextCursor, list.HasCursor = m.String(at.value); !list.HasCursor {
			return List{}, bad(CodeInvalidRequest, at.value.Start, "nextCursor must be a string")
		}
	}
	array, ok := child(m.raw, m.Result, keys[0])
	if !ok || m.raw[array.value.Start] != '[' {
		return List{}, bad(CodeInvalidRequest, m.Result.Start, "result.%s must be an array", keys[0])
	}
	list.Array = array.value
	for s := range elements(m.raw, array.value.Start) {
		if len(list.Items) == l.Items {
			return List{}, beyond(s.Start, "the list has more than %d items", l.Items)
		}
		name, err := m.itemName(s, keys[1])
		if err != nil {
			return List{}, err
		}
		list.Items = append(list.Items, Item{s, name})
	}
	return list, nil
}

func (m *Message) itemName(s Span, key string) (name string, err error) {
	if m.raw[s.Start] != '{' {
		return "", bad(CodeInvalidRequest, s.Start, "an item of the list is no object")
	}
	found := false
	for one := range members(m.raw, s.Start) {
		known, err := ours(m.raw, one.key, itemNames)
		if err != nil {
			return "", err
		}
		if known == key {
			name, found = m.String(one.value)
		}
	}
	if !found {
		return "", bad(CodeInvalidRequest, s.Start, "an item of the list lacks its %s", key)
	}
	return name, nil
}
