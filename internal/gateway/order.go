package gateway

import (
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// inbound is security policy: what a message meets on its way to a server. The
// record is open and the halt is bound before the first row (Serve). Cheap
// refusals come before dear ones, and nothing reads content until who, what and
// whether are settled. An edit, or a fact found late, sends the message through
// every row again.
//
//	quota    is this caller within its limits?           Limited
//	known    is this a method that we govern?            Unsupported
//	bait     is this a tool that nobody needs?           Untrusted
//	trust    is this the tool that was approved?         Untrusted
//	policy   may this caller do this, now?               Denied, Deferred
//	inspect  is what they send safe to send? may edit    Unsafe
func (g *Gateway) inbound() Chain {
	r := g.rooms
	return Chain{
		{Name: "quota", On: everything, Check: checkQuota(r.Quota)},
		{Name: "known", On: messages, Check: g.checkKnown},
		{Name: "bait", On: named, Check: g.checkBait},
		{Name: "trust", On: named, Check: g.checkTrust(r.Trust)},
		{Name: "policy", On: everything, Check: checkPolicy(r.Policy)},
		{Name: "inspect", On: messages, Edit: g.inspectMoving(r.Inspect)},
	}
}

// outbound is what everything that a server says meets, message by message,
// before the caller sees a byte of it.
//
//	known    may a server say this to this caller?        dropped or Unsupported
//	asked    does it ask for what the caller offers?      Unsafe
//	trust    drop listed things that are not approved     may edit
//	shape    drop listed things that policy would refuse  may edit
//	bait     add tools that nobody needs                  may edit
//	inspect  is it safe to hand to a model? may edit      Unsafe
func (g *Gateway) outbound() Chain {
	r := g.rooms
	return Chain{
		{Name: "known", On: messages, Check: g.checkSaid},
		{Name: "asked", On: results, Check: checkAsked},
		{Name: "trust", On: describing, Edit: g.observe(r.Trust)},
		{Name: "shape", On: listed, Edit: g.shapeList(r.Policy)},
		{Name: "bait", On: listed, Edit: g.bait},
		{Name: "inspect", On: messages, Edit: g.inspectMoving(r.Inspect)},
	}
}

func everything(Pass) bool { return true }

func messages(p Pass) bool { return p.Kind != wire.Invalid }

func results(p Pass) bool { return p.Kind == wire.Result }

// named passes name one thing of a server that somebody may have approved.
func named(p Pass) bool {
	info, ok := wire.Lookup(p.Method)
	return ok && p.Op == upstream.OpDeliver && info.NameField != "" && p.Kind == wire.Request
}

// describing passes say what a server offers, or that it offers something else now.
func describing(p Pass) bool {
	return listed(p) || greeting(p) || p.Kind == wire.Notification && strings.HasSuffix(string(p.Method), "/list_changed")
}

// greeting passes are a server's first words, which may instruct the model.
func greeting(p Pass) bool {
	return p.Kind == wire.Result && (p.InReplyTo == "initialize" || p.InReplyTo == "server/discover")
}

// listed passes are replies that describe things of a server.
func listed(p Pass) bool {
	info, ok := wire.Lookup(p.InReplyTo)
	return ok && info.List && p.Kind == wire.Result
}
