package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	maxStderrLine = 4096 // bytes; the rest of a line is dropped
	maxStderrRate = 100  // lines a second; the rest are counted
)

// capture reads stderr to its end, so that the program never blocks on it, and
// tells at most so much of it.
func capture(r *os.File, tell func(string)) {
	defer r.Close() //nolint:errcheck // a pipe
	if tell == nil {
		tell = func(string) {}
	}
	in := bufio.NewReaderSize(r, maxStderrLine)
	window, told, dropped := time.Now(), 0, 0
	for {
		line, more, err := in.ReadLine()
		if err != nil {
			break
		}
		text := string(line)
		for more && err == nil {
			_, more, err = in.ReadLine()
		}
		if now := time.Now(); now.Sub(window) >= time.Second {
			report(tell, dropped)
			window, told, dropped = now, 0, 0
		}
		if told++; told > maxStderrRate {
			dropped++
			continue
		}
		tell(text)
		if errors.Is(err, io.EOF) {
			break
		}
	}
	report(tell, dropped)
}

func report(tell func(string), dropped int) {
	if dropped > 0 {
		tell(fmt.Sprintf("(%d more lines in that second were dropped)", dropped))
	}
}
