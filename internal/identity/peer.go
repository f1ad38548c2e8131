package identity

import (
	"context"
	"strconv"

	"github.com/mantlet-mcp/mantlet"
)

// PeerUser judges the process at the other end of the unix socket: it must
// belong to the user that runs Mantlet, as the kernel says. There is no exception
// for root, who can become that user and be recorded as such.
type PeerUser struct {
	UID     int
	Subject string // the user's name; "" uses the number
}

// Authenticate names the peer. The client's name is what the wrap was configured
// with: a label among the same user's programs, which could read each other's keys.
func (u PeerUser) Authenticate(_ context.Context, c Credentials) (mantlet.Principal, error) {
	if c.Peer == nil {
		return mantlet.Principal{}, ErrNotMine
	}
	if c.Peer.UID != u.UID {
		return mantlet.Principal{}, refuse("this socket belongs to another user; start your own mantlet")
	}
	subject := u.Subject
	if subject == "" {
		subject = "uid:" + strconv.Itoa(u.UID)
	}
	client := c.Client
	if client == "" {
		client = "wrap"
	}
	return mantlet.Principal{Issuer: mantlet.IssuerUnix, Subject: subject, Client: client, Strength: mantlet.StrengthPeer}, nil
}
