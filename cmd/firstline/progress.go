package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"firstline/pipeline/importer"
)

// How often progress is told: on a terminal, and elsewhere.
const (
	progressTerminal  = 500 * time.Millisecond
	progressElsewhere = time.Minute
)

// showProgress tells how far an import is: in one line on a terminal, a line a minute elsewhere.
func showProgress(out io.Writer) func(importer.Progress) {
	f, isFile := out.(*os.File)
	terminal := isFile && term.IsTerminal(int(f.Fd()))
	every, end := progressElsewhere, "\n"
	if terminal {
		every, end = progressTerminal, ""
	}
	last := time.Now()
	shown := false
	return func(p importer.Progress) {
		finished := !p.Scanning && p.Lines == p.Total
		if time.Since(last) < every && (!finished || !shown) {
			return
		}
		last, shown = time.Now(), true
		text := progressText(p, time.Since(p.Since))
		if terminal {
			text = "\r\033[K" + text
			if finished {
				end = "\n"
			}
		}
		_, _ = fmt.Fprint(out, text+end)
	}
}

// progressText is how far an import is after a time.
func progressText(p importer.Progress, took time.Duration) string {
	if p.Scanning {
		return fmt.Sprintf("looking through the files: %d lines", p.Lines)
	}
	if p.Lines == 0 || p.Total == 0 {
		return "no lines yet"
	}
	speed := float64(p.Lines) / max(took.Seconds(), 0.001)
	left := time.Duration(float64(p.Total-p.Lines)/speed) * time.Second
	return fmt.Sprintf("%d of %d lines (%d %%), %.0f lines/s, %s left, at %s", p.Lines, p.Total, 100*p.Lines/p.Total, speed, left, p.At.Format("2006-01-02 15:04"))
}
