package sink

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// A Resource is what the URIs of a server's resources are held against. It is for many goroutines.
type Resource struct{ policy *policy }

// PlanResource makes p ready for the URIs of resources, and for those of templates filled in.
func PlanResource(p Policy) (*Resource, error) {
	ready, err := p.ready()
	if err != nil {
		return nil, err
	}
	return &Resource{ready}, nil
}

// Check returns what is wrong with the URI of a resource: where it leads as a path, for file: and for
// a server's own schemes, and as an address, for the web's. At is empty.
func (r *Resource) Check(uri []byte) []Hit {
	k, _ := looks.Get().(*look)
	k.hits, k.hitsOff, k.steps, k.path = nil, 0, 0, leaf.Path(nil)
	k.p, k.policy, k.text, k.whole, k.node = &Plan{}, r.policy, uri, false, nil
	if len(uri) > maxRead {
		k.say(tooLong, finding.Medium, maxRead, len(uri))
		uri = uri[:maxRead]
	}
	k.uri(uri)
	hits := k.hits
	k.p, k.policy, k.hits, k.text = nil, nil, nil, nil
	if cap(k.buf[0]) < 1<<16 {
		looks.Put(k)
	}
	return hits
}

func (k *look) uri(uri []byte) {
	k.kind = Path
	var rest []byte
	switch a, ok := readURL(uri); {
	case !ok || a.scheme == "file":
		k.pathOf(uri)
		return
	case a.scheme == "http" || a.scheme == "https" || a.scheme == "ftp" || a.scheme == "ws" || a.scheme == "wss":
		k.kind = URL
		k.value(uri)
		k.kind, rest = Path, a.rest
	default: // a scheme of the server's own: its host is no machine
		if a.opaque && is(refused, a.scheme) {
			k.say(scheme, finding.High, 0, len(uri))
		}
		rest = uri[a.from:]
	}
	roots := k.policy
	free := *roots
	free.Roots = nil
	k.policy, k.whole = &free, false
	k.pathOf(trimSlash(rest))
	k.policy = roots
}

func (k *look) pathOf(path []byte) {
	s := shapeOf(path)
	k.whole = false
	k.filePath(path, s)
	if s.has(newline) || s.has(null) {
		k.word(path, s)
	}
	decoded := k.decode(path)
	if k.odd != 0 || len(decoded) != len(path) {
		k.whole = true
		k.filePath(decoded, shapeOf(decoded))
		if k.odd&(unreserved) != 0 {
			k.odd &^= unreserved // what a URI escapes is its writer's choice
		}
		k.oddPath(decoded)
	}
}

// trimSlash makes the path of an address one that begins where the address does.
func trimSlash(path []byte) []byte {
	for len(path) > 0 && (path[0] == '/' || path[0] == '\\') {
		path = path[1:]
	}
	return path
}
