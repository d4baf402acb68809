package apache

import (
	"bytes"
	"log/slog"
)

// lines hands a child's output to slog, line by line. It is written by one goroutine of os/exec.
type lines struct {
	log  *slog.Logger
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.rest = rest
		if text := bytes.TrimSpace(line); len(text) > 0 {
			l.log.Warn("kafka says", "message", string(text))
		}
	}
}
