package daemon

import (
	"context"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A wrap that is told to end does, though its client neither writes nor hangs up.
func TestAWrapThatIsToldToEndEnds(t *testing.T) {
	in, client := io.Pipe()
	defer client.Close() //nolint:errcheck // a pipe
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New("/nowhere", "test", mantlet.Joined).Wrap(ctx, in, io.Discard) }()
	if _, err := client.Write([]byte("\n")); err != nil { // it reads
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
}

// A line that is too long ends the conversation with an error, and leaves nothing.
func TestALineThatIsTooLongEndsAWrap(t *testing.T) {
	in, client := io.Pipe()
	go func() {
		_, _ = client.Write(make([]byte, 5<<20))
		_ = client.Close()
	}()
	if err := New("/nowhere", "test", mantlet.Joined).Wrap(context.Background(), in, io.Discard); err == nil {
		t.Error("it was taken")
	}
	_ = in.Close()
}
