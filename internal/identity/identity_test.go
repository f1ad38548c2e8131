package identity

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
)

func local(t testing.TB) (*Local, Client) {
	t.Helper()
	c := Client{Name: "cursor", Key: Key{1}, Servers: []mantlet.ServerID{"files"}}
	l, err := NewLocal("ann", []Client{c, {Name: "code", Key: Key{2}, Servers: []mantlet.ServerID{"files", "mail"}}})
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

func TestLocalTokens(t *testing.T) {
	l, cursor := local(t)
	good := cursor.Key.Token("cursor", "files")
	for name, c := range map[string]struct {
		cred Credentials
		who  string // "" refused, "-" not mine
	}{
		"its own token":             {Credentials{Scheme: "bearer", Token: good, Server: "files"}, "cursor"},
		"another server's token":    {Credentials{Scheme: "bearer", Token: cursor.Key.Token("cursor", "mail"), Server: "mail"}, ""},
		"the token elsewhere":       {Credentials{Scheme: "bearer", Token: good, Server: "mail"}, ""},
		"another client's name":     {Credentials{Scheme: "bearer", Token: strings.Replace(good, "cursor", "code", 1), Server: "files"}, ""},
		"a token cut short":         {Credentials{Scheme: "bearer", Token: good[:len(good)-1], Server: "files"}, ""},
		"a token with more":         {Credentials{Scheme: "bearer", Token: good + "A", Server: "files"}, ""},
		"only the prefix":           {Credentials{Scheme: "bearer", Token: "mtl_", Server: "files"}, ""},
		"a foreign token":           {Credentials{Scheme: "bearer", Token: "eyJhbGciOi", Server: "files"}, "-"},
		"another scheme":            {Credentials{Scheme: "basic", Token: good, Server: "files"}, "-"},
		"nothing":                   {Credentials{Server: "files"}, "-"},
		"a peer, not a token":       {Credentials{Peer: &Peer{UID: 1}, Server: "files"}, "-"},
		"the token at the joined":   {Credentials{Scheme: "bearer", Token: good, Server: mantlet.Joined}, ""},
		"a token of no known name":  {Credentials{Scheme: "bearer", Token: Key{1}.Token("eve", "files"), Server: "files"}, ""},
		"a token for no server set": {Credentials{Scheme: "bearer", Token: Key{1}.Token("cursor", ""), Server: ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := l.Authenticate(context.Background(), c.cred)
			f, refused := errors.AsType[*mantlet.Fault](err)
			switch {
			case c.who == "-" && !errors.Is(err, ErrNotMine):
				t.Errorf("got %v, %v; want not mine", p, err)
			case c.who == "" && (!refused || f.Kind != mantlet.Unidentified || !p.IsZero()):
				t.Errorf("got %v, %v; want a refusal", p, err)
			case len(c.who) > 1 && (err != nil || p.Client != c.who || p.Subject != "ann"):
				t.Errorf("got %v, %v; want %s", p, err, c.who)
			}
			if refused && c.cred.Token != "" && strings.Contains(f.Error(), c.cred.Token[4:]) && len(c.cred.Token) > 8 {
				t.Errorf("the refusal repeats the token: %v", f)
			}
		})
	}
}

func TestNewLocalRefuses(t *testing.T) {
	for name, c := range map[string]Client{
		"an empty key":  {Name: "a"},
		"an empty name": {Key: Key{1}},
		"an underscore": {Name: "a_b", Key: Key{1}},
	} {
		if _, err := NewLocal("ann", []Client{c}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewLocal("", nil); err == nil {
		t.Error("nobody to act for: accepted")
	}
}

func TestPeerUser(t *testing.T) {
	u := PeerUser{UID: 1000}
	if _, err := u.Authenticate(context.Background(), Credentials{}); !errors.Is(err, ErrNotMine) {
		t.Errorf("no peer: %v", err)
	}
	for _, uid := range []int{0, 1001, -1} {
		if p, err := u.Authenticate(context.Background(), Credentials{Peer: &Peer{UID: uid}}); err == nil {
			t.Errorf("uid %d is %v", uid, p)
		}
	}
	p, err := u.Authenticate(context.Background(), Credentials{Peer: &Peer{UID: 1000}, Client: "cursor"})
	if err != nil || p.Subject != "uid:1000" || p.Client != "cursor" || p.Strength != mantlet.StrengthPeer {
		t.Errorf("got %v, %v", p, err)
	}
}

func TestUnionOrder(t *testing.T) {
	notMine := Func(func(context.Context, Credentials) (mantlet.Principal, error) { return mantlet.Principal{}, ErrNotMine })
	broken := Func(func(context.Context, Credentials) (mantlet.Principal, error) {
		return mantlet.Principal{}, errors.New("down")
	})
	nobody := Func(func(context.Context, Credentials) (mantlet.Principal, error) { return mantlet.Principal{}, nil })
	for name, c := range map[string]struct {
		u    Union
		want bool
	}{
		"empty":               {nil, false},
		"all not mine":        {Union{notMine, notMine}, false},
		"the second knows":    {Union{notMine, Anonymous{}}, true},
		"broken ends it":      {Union{broken, Anonymous{}}, false},
		"nobody is no answer": {Union{nobody, Anonymous{}}, false},
	} {
		p, err := c.u.Authenticate(context.Background(), Credentials{})
		if (err == nil) != c.want || p.IsZero() == c.want {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients", "cursor.key")
	k, err := OpenKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := OpenKey(path); err != nil || again != k {
		t.Errorf("the second opening differs: %v", err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if s := fmt.Sprintf("%v %s %#v %+v", k, k, k, Client{Key: k}); strings.Count(s, "[secret]") != 4 {
		t.Errorf("a key prints as %s", s)
	}
	for name, spoil := range map[string]func(){
		"readable by others": func() { _ = os.Chmod(path, 0o644) },
		"short":              func() { _ = os.WriteFile(path, []byte("AAAA"), 0o600) },
		"all zero":           func() { _ = os.WriteFile(path, []byte(strings.Repeat("A", 43)), 0o600) },
	} {
		_ = os.Remove(path)
		if _, err := OpenKey(path); err != nil {
			t.Fatal(err)
		}
		if spoil(); func() error { _, err := OpenKey(path); return err }() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A link to nowhere is neither a key nor a place for one, and asking ends.
func TestALinkToNowhereIsNoKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nowhere"), path); err != nil {
		t.Skipf("this file system makes no symbolic links: %v", err)
	}
	if k, err := OpenKey(path); err == nil || k != (Key{}) {
		t.Errorf("%v", err)
	}
}

func BenchmarkLocal(b *testing.B) {
	l, c := local(b)
	cred := Credentials{Scheme: "bearer", Token: c.Key.Token("cursor", "files"), Server: "files"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Authenticate(context.Background(), cred); err != nil {
			b.Fatal(err)
		}
	}
}
