package config

import (
	"encoding/json"
	"regexp"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// plainText is what may stand without quotes: the YAML library leaves some texts bare that it then reads as something
// else ("? !" as a mapping with a tag), so anything beyond these characters is quoted.
var plainText = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9/._-]*$`)

// Marshal writes v, a Config or a part of one, as YAML that Parse reads back as the same values.
func Marshal(v any) ([]byte, error) {
	return yaml.MarshalWithOptions(v, yaml.CustomMarshaler(quoted))
}

func quoted(s string) ([]byte, error) {
	if plainText.MatchString(s) && !token.IsNeedQuoted(s) {
		return []byte(s), nil
	}
	return json.Marshal(s) // a JSON string is a YAML double-quoted one
}
