package gateway

import (
	"bytes"
	"context"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// What a joined mount offers: tools and prompts, and word of their change.
const joinedCapabilities = `{"tools":{"listChanged":true},"prompts":{"listChanged":true}}`

// initialize answers for the whole. The members are opened when first needed.
func (p *part) initialize(context.Context) (upstream.Reply, error) {
	hello := p.call.Message
	if tasks, ok := hello.Delete("params", "capabilities", "tasks"); ok { // not joined: see taskExtension
		var err error
		if hello, err = hello.Apply([]wire.Splice{tasks}, p.g.limits); err != nil {
			return upstream.Reply{}, err
		}
	}
	if caps, ok := hello.Find("params", "capabilities"); ok {
		p.s.declare(hello.At(caps))
	}
	var b bytes.Buffer
	b.WriteString(`{"protocolVersion":`)
	b.Write(wire.Quote(string(p.call.Revision)))
	b.WriteString(`,"capabilities":` + joinedCapabilities + `,"serverInfo":`)
	b.Write(p.about)
	b.WriteByte('}')
	return p.reply(b.Bytes())
}

// discover answers for the whole in the modern era. It depends on the caller's
// grants in later parts, so it is private from the start.
func (p *part) discover() (upstream.Reply, error) {
	var b bytes.Buffer
	b.WriteString(`{"resultType":"complete","supportedVersions":[`)
	b.Write(wire.Quote(string(wire.Rev20260728)))
	b.WriteString(`],"capabilities":{"tools":{},"prompts":{}},"ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":`)
	b.Write(p.about)
	b.WriteString(`}}`)
	return p.reply(b.Bytes())
}

// listen relays word of change from every member that has a stream, until the
// caller goes away. A member without one is no reason to end the others.
func (p *part) listen(ctx context.Context) (upstream.Reply, error) {
	var wg sync.WaitGroup
	for _, server := range p.members {
		wg.Go(func() {
			_, _ = p.g.Serve(ctx, p.child(server, nil, p.relayed(server))) // recorded in its own exchange
		})
	}
	wg.Wait()
	<-ctx.Done()
	return upstream.Reply{}, nil
}

// close ends the session at every member.
func (p *part) close(ctx context.Context) (upstream.Reply, error) {
	p.sessions.forget(p.call)
	var wg sync.WaitGroup
	for _, server := range p.members {
		wg.Go(func() {
			_, _ = p.g.Serve(ctx, p.child(server, nil, nil)) // a member that is gone needs no closing
		})
	}
	wg.Wait()
	return upstream.Reply{}, nil
}
