package wheel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every entry that is not stopped ends, once, not before its time and no later than
// Resolution after it; one that is stopped does not.
func TestEveryEntryEndsInTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "entries")
		type plan struct{ start, d, stop time.Duration }
		plans := make([]plan, n)
		for i := range plans {
			plans[i] = plan{
				time.Duration(rapid.IntRange(0, 20_000).Draw(rt, "start")) * time.Millisecond,
				rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 4 * time.Second, 15 * time.Second, 30 * time.Second, 5 * time.Minute}).Draw(rt, "d"),
				time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "stop")) * time.Millisecond,
			}
		}
		synctest.Test(t, func(*testing.T) {
			var w Wheel
			begin := time.Now()
			for _, p := range plans {
				go func() {
					time.Sleep(p.start)
					var ended atomic.Int64
					e := w.After(p.d, func() {
						if ended.Swap(int64(time.Since(begin))) != 0 {
							rt.Error("ended twice")
						}
					})
					time.Sleep(p.stop)
					inTime := e.Stop()
					if e.Stop() {
						rt.Error("stopped twice")
					}
					time.Sleep(10 * time.Minute)
					took := time.Duration(ended.Load()) - p.start
					switch {
					case inTime && ended.Load() != 0:
						rt.Errorf("%s ended though it was stopped", p.d)
					case !inTime && (took < p.d || took > p.d+Resolution):
						rt.Errorf("%s ended after %s", p.d, took)
					case p.stop < p.d && !inTime, p.stop > p.d+Resolution && inTime:
						rt.Errorf("%s, stopped after %s: %v", p.d, p.stop, inTime)
					}
				}()
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if w.count != 0 || w.armed {
				rt.Errorf("%d entries are left, armed %v", w.count, w.armed)
			}
		})
	})
}

func TestWithTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Wheel
		late := errors.New("late")
		ctx, cancel := w.WithTimeout(t.Context(), time.Minute, late)
		time.Sleep(59 * time.Second)
		if ctx.Err() != nil {
			t.Error("ended before its time")
		}
		time.Sleep(2 * time.Second)
		if !errors.Is(context.Cause(ctx), late) {
			t.Errorf("ended with %v", context.Cause(ctx))
		}
		cancel()
		ctx, cancel = w.WithTimeout(t.Context(), time.Minute, late)
		cancel()
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			t.Errorf("cancelled with %v", context.Cause(ctx))
		}
	})
}

func TestTheZeroEntry(t *testing.T) {
	var none *Entry
	if none.Stop() || new(Entry).Stop() {
		t.Error("an entry that is none was stopped in time")
	}
}

func BenchmarkAfterStop(b *testing.B) {
	b.Run("wheel", func(b *testing.B) {
		var w Wheel
		b.ReportAllocs()
		for b.Loop() {
			w.After(time.Minute, func() {}).Stop()
		}
	})
	b.Run("timer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			time.AfterFunc(time.Minute, func() {}).Stop()
		}
	})
}
