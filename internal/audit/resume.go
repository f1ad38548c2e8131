package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// files are the record's files in order.
func files(dir string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(dir, "audit-*.jsonl"))
	slices.Sort(all) // zero-padded numbers
	return all, err
}

// resume finds where the chain ended and opens the last file. It returns how many
// bytes of a torn last line it set aside.
func (l *Log) resume() (torn int, err error) {
	all, err := files(l.Dir)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		l.prev, l.onDisk = zeros, zeros
		return 0, l.create(1)
	}
	last := all[len(all)-1]
	seq, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(last), "audit-"), ".jsonl"))
	if err != nil {
		return 0, fmt.Errorf("audit: %s is not named as a record; move it away", last)
	}
	if torn, err = setAside(last); err != nil {
		return 0, err
	}
	if err := l.create(seq); err != nil {
		return 0, err
	}
	for i := len(all) - 1; i >= 0 && l.prev == ""; i-- {
		if l.prev, err = lastHash(all[i]); err != nil {
			return 0, err
		}
	}
	if l.prev == "" {
		l.prev = zeros
	}
	l.onDisk = l.prev
	info, err := os.Stat(last)
	if err != nil {
		return 0, err
	}
	l.size, l.began = info.Size(), info.ModTime()
	return torn, nil
}

// setAside moves what follows the last complete line into a file of its own, behind
// what was set aside before: a write that the process did not survive. No caller was
// told that it had happened.
func setAside(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	end := bytes.LastIndexByte(b, '\n') + 1
	if end == len(b) {
		return 0, nil
	}
	torn, err := os.OpenFile(path+".torn", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = torn.Write(append(b[end:], '\n'))
	if err = errors.Join(err, torn.Close()); err != nil {
		return 0, err
	}
	return len(b) - end, os.Truncate(path, int64(end))
}

func lastHash(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) == 0 {
		return "", err
	}
	line := b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]
	e, err := parse(line)
	if err != nil {
		return "", fmt.Errorf("audit: the last line of %s cannot be read; run `mantlet audit verify`: %w", path, err)
	}
	return e.Hash, nil
}
