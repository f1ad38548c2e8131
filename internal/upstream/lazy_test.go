package upstream

import (
	"fmt"
	"testing"
	"time"
)

// A principal who opens session upon session loses the oldest of its own, and takes no
// place from others.
func TestNobodyTakesAllLazySessions(t *testing.T) {
	var all lazySessions
	kept := lazyKey{bob.Key(), "kept"}
	if _, _, err := all.claim(kept, time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxLazy {
		if _, mine, err := all.claim(lazyKey{ann.Key(), fmt.Sprint(i)}, time.Hour); err != nil || !mine {
			t.Fatalf("session %d: %v", i, err)
		}
	}
	if n := len(all.all); n != maxLazyOwn+1 {
		t.Errorf("%d sessions are held", n)
	}
	if _, mine, err := all.claim(kept, time.Hour); err != nil || mine {
		t.Errorf("another's session was given up: %v", err)
	}
	if _, mine, _ := all.claim(lazyKey{ann.Key(), fmt.Sprint(2*maxLazy - 1)}, time.Hour); mine {
		t.Error("the newest was given up")
	}
	if _, _, err := all.claim(lazyKey{bob.Key(), "fresh"}, time.Hour); err != nil {
		t.Errorf("another finds no place: %v", err)
	}
}
