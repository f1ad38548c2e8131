package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// AdoptPath is where the daemon takes a Command on its unix socket.
const AdoptPath = "/servers"

// A Command is a local server that a program of this user brings for itself, as
// `mantlet wrap -- CMD` does. It lives as long as the daemon, is reached over the unix
// socket alone, and stands at no joined endpoint.
type Command struct {
	Name    string            `json:"name"`    // the id that is wanted; "" makes one from the command
	Command string            `json:"command"` // an absolute path
	Args    []string          `json:"args"`
	Dir     string            `json:"dir"` // an absolute path
	Env     map[string]string `json:"env"` // what it is given beside the safe base
}

// ID is the server id of c: its name, or one that is made of the program's name and
// 8 hex digits of a SHA-256 over all of c, so that the same command is the same server.
func (c Command) ID() (mantlet.ServerID, error) {
	if c.Name != "" {
		return mantlet.ParseServerID(c.Name)
	}
	text, err := json.Marshal(c) // maps are written sorted
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return mantlet.ParseServerID(c.program() + "-" + hex.EncodeToString(sum[:4]))
}

// runners are programs that run another one, which their arguments name.
var runners = []string{"npx", "node", "bunx", "bun", "deno", "uvx", "uv", "pipx", "python", "python3", "docker", "sh", "bash", "env"}

// program is what people would call the command, in the letters of a server id.
func (c Command) program() string {
	name := filepath.Base(c.Command)
	if slices.Contains(runners, name) {
		for _, a := range c.Args {
			if !strings.HasPrefix(a, "-") && a != "run" {
				name = filepath.Base(a)
				break
			}
		}
	}
	name, _, _ = strings.Cut(name, "@")
	return mantlet.ServerIDFrom(name, mantlet.MaxServerID-9) // "-" and 8 digits follow
}

// Adopt gives the daemon a command to run for this user and returns its server id.
func (c *Client) Adopt(ctx context.Context, cmd Command) (mantlet.ServerID, error) {
	body, err := json.Marshal(cmd)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://mantlet"+AdoptPath, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return "", fmt.Errorf("no mantlet answers at %s; start one with `mantlet up`: %w", c.Socket, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", errors.New(mantlet.Escape(strings.TrimSpace(string(text))))
	}
	return mantlet.ParseServerID(strings.TrimSpace(string(text)))
}
