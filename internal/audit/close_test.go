package audit

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// held writes when it is let.
type held struct {
	disk
	let chan struct{}
}

func (h *held) Write(b []byte) (int, error) {
	<-h.let
	return h.disk.Write(b)
}

// A record that is closed while its last line is being written waits for that line and
// for nothing else: there may be none behind it.
func TestCloseWaitsForTheLastLineAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := failing(t)
		h := &held{disk: disk{File: d.File}, let: make(chan struct{})}
		l.out = h
		begun, closed := make(chan error), make(chan error)
		go func() {
			_, err := l.Begin(context.Background(), intent("last"))
			begun <- err
		}()
		synctest.Wait() // its line is being written
		go func() { closed <- l.Close() }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Error("closed before the line was written", err)
		default:
		}
		close(h.let)
		if err := <-begun; err != nil {
			t.Error(err)
		}
		select {
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it waits for more")
		}
		if r, err := Verify(l.Dir); err != nil || r.Begun != 1 || r.Broken != "" {
			t.Errorf("%+v %v", r, err)
		}
	})
}
