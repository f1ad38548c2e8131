package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// pageLife is how long a page waits for its person.
const pageLife = 10 * time.Minute

// A once is a page that one answer ends.
type once struct {
	tickets passkey.Tickets
	given   chan given
}

type given struct {
	assertion  passkey.Assertion
	credential passkey.Credential
}

// Pending implements passkey.Source.
func (o *once) Pending(id string) (passkey.Action, bool) { return o.tickets.Peek(id, time.Now()) }

// Complete implements passkey.Source: each id once.
func (o *once) Complete(_ context.Context, id string, a passkey.Assertion) error {
	return o.give(id, given{assertion: a})
}

// Enrol implements passkey.Source: each id once.
func (o *once) Enrol(_ context.Context, id string, c passkey.Credential) error {
	return o.give(id, given{credential: c})
}

func (o *once) give(id string, g given) error {
	if _, ok := o.tickets.Take(id, time.Now()); !ok {
		return errors.New("this was answered already, or it is over")
	}
	o.given <- g // it holds one, and one is taken
	return nil
}

// askOnce serves a page at the origin, which is http://localhost:PORT, until somebody has
// answered what it asks. Nobody beyond this machine reaches it.
func askOnce(c *cobra.Command, origin string, action passkey.Action) (g given, err error) {
	port, _ := strings.CutPrefix(origin, "http://localhost:")
	o := &once{given: make(chan given, 1)}
	h, err := passkey.NewHandler(passkey.Party{ID: "localhost", Origins: []string{origin}}, o, time.Now)
	if err != nil {
		return g, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return g, fmt.Errorf("the page at %s cannot be served: %w; stop what is there for as long as you sign", origin, err)
	}
	action.Until = time.Now().Add(pageLife)
	id, err := o.tickets.Add(action, time.Now())
	if err != nil {
		return g, errors.Join(err, l.Close())
	}
	where := "/approve/"
	if action.Enrol != nil {
		where = "/enrol/"
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go s.Serve(l) //nolint:errcheck // it ends with this function, which says how
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 2*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // the answer's own answer leaves
		_ = s.Close()
	}()
	fmt.Fprintf(c.ErrOrStderr(), "open %s%s%s\n", origin, where, id)
	select {
	case g = <-o.given:
		return g, nil
	case <-time.After(pageLife):
		return g, errors.New("nobody answered in time")
	case <-c.Context().Done():
		return g, context.Cause(c.Context())
	}
}

// onPage has a signer of set sign the bundle with a passkey, on a page that shows it.
func (w *signing) onPage(d signer.Digest, set *signer.Set, m *means) (s signer.Signature, err error) {
	who := set.Find(m.name) // it is there
	s = signer.Signature{Signer: m.name, Role: signer.Role(m.role), Kind: signer.Passkey, At: time.Now().UTC().Truncate(time.Second)}
	challenge, err := s.Challenge(d)
	if err != nil {
		return s, err
	}
	action := passkey.Action{Title: fmt.Sprintf("Sign the configuration, as %s for the role %s", s.Signer, s.Role), Challenge: challenge[:]}
	origin := ""
	for i := range who.Keys {
		k := who.Keys[i].Passkey
		if who.Keys[i].Kind != signer.Passkey || k.RP != "localhost" {
			continue
		}
		if at := slices.IndexFunc(k.Origins, func(o string) bool { return strings.HasPrefix(o, "http://localhost:") }); origin == "" && at >= 0 {
			origin = k.Origins[at]
		}
		if slices.Contains(k.Origins, origin) {
			action.Credentials = append(action.Credentials, passkey.Credential{ID: k.ID, Key: k.Key})
		}
	}
	if origin == "" {
		return s, fmt.Errorf("%s has no passkey among the signers that is asked at http://localhost:PORT; see mantlet bundle key --passkey", m.name)
	}
	if action.Passages, err = w.passages(&s, d); err != nil {
		return s, err
	}
	g, err := askOnce(w.cmd, origin, action)
	s.Proof = g.assertion.Raw
	return s, err
}

// passages are what is signed: who signs, and all of the bundle.
func (w *signing) passages(s *signer.Signature, d signer.Digest) ([]passkey.Passage, error) {
	r, err := reportBundle(shown{path: w.file, bundle: w.bundle, identities: w.identities})
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := r.print(&text, w.file, true); err != nil {
		return nil, err
	}
	head := fmt.Sprintf("signed by: %s, for the role %s, %s\naction: %s", s.Signer, s.Role, s.At.Format(time.RFC3339), d)
	return []passkey.Passage{{Label: "What is signed", Text: head}, {Label: "The bundle", Text: text.String()}}, nil
}

// newPasskey has the browser make a passkey at a loopback address, and prints its line of
// the signers file.
func newPasskey(c *cobra.Command, address, name string) error {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || port == "" || port == "0" || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &exitError{exitUsage, fmt.Errorf("--passkey %q is no loopback address with a port, such as 127.0.0.1:8017", address)}
	}
	origin := "http://localhost:" + port
	action := passkey.Action{Title: "Make a passkey that signs, for " + name, Challenge: []byte(rand.Text()), Enrol: &passkey.User{ID: []byte(rand.Text()), Name: name}}
	g, err := askOnce(c, origin, action)
	if err != nil {
		return err
	}
	b64 := base64.StdEncoding.EncodeToString
	_, err = fmt.Fprintf(c.OutOrStdout(), "{kind: passkey, passkey: {id: %q, key: %q, rp: localhost, origins: [%q]}}\n", b64(g.credential.ID), b64(g.credential.Key), origin)
	return err
}
