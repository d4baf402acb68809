// Package sipp runs SIPp as callers and as agents' phones: real SIP and RTP for the tests, the benchmarks and the demo. The
// scenarios are deploy/sipp/*.xml. Each call's course is in the results, so that the numbers Firstline tells can be compared
// with what the phones saw. It knows nothing of Firstline's numbers.
//
// Digits and speech are sent on raw sockets, as SIPp does: the process needs CAP_NET_RAW.
package sipp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"firstline/deploy"
)

// Phone is what callers and agents have in common.
type Phone struct {
	Program   string        // path of sipp; empty = in PATH
	Remote    string        // Asterisk's SIP address: "127.0.0.1:5060"
	IP        string        // own address; empty = 127.0.0.1
	Port      int           // own SIP port
	MediaPort int           // first port of own RTP; each call takes four
	Speech    time.Duration // how long it speaks in a call; 0 = it is silent
	Trouble   io.Writer     // gets what SIPp complains of, such as messages its scenario doesn't expect; nil = nobody
}

// What happened to a call, in the words of the scenarios.
const (
	Called    = "called"      // a caller sent INVITE
	Offered   = "offered"     // an agent's phone got one
	Answered  = "answered"    // by the other side for a caller, by the agent for an agent
	HungUp    = "hung up"     // by this side
	WasHungUp = "was hung up" // by the other side
	NoAnswer  = "no answer"   // a caller heard nothing for a minute
	Refused   = "refused"     // followed by the SIP status
	Busy      = "busy"
	Declined  = "declined"
	Cancelled = "cancelled" // by Asterisk while it rang
)

// Result is the course of one call.
type Result struct {
	Name   string // of the call (callers) or of the agent
	CallID string // SIP Call-ID
	Number string // the caller's number
	Events []Event
}

// Event is something that happened to a call.
type Event struct {
	What string        // one of the constants above
	At   time.Duration // since SIPp was started
	Note string        // the Reason header of a CANCEL, the Call-Info header of an INVITE; else ""
}

// Last is the last thing that happened.
func (r Result) Last() string {
	if len(r.Events) == 0 {
		return ""
	}
	return r.Events[len(r.Events)-1].What
}

// Has says whether something happened.
func (r Result) Has(what string) bool {
	for _, e := range r.Events {
		if e.What == what {
			return true
		}
	}
	return false
}

// run is one run of SIPp in a folder of its own, which is removed behind it.
type run struct {
	phone    Phone
	scenario string // file in deploy/sipp
	view     any    // what the scenario's template sees
	lines    string // injection file; "" = none
	args     []string
	strict   bool // it is an error when a call doesn't go as the scenario says
}

// do runs SIPp until it ends by itself or ctx ends, and reads what it logged. Unless strict, calls that failed in SIPp's
// eyes are no error: the results tell of each.
func (r run) do(ctx context.Context) (results []Result, err error) {
	dir, err := os.MkdirTemp("", "firstline-sipp-")
	if err != nil {
		return nil, fmt.Errorf("make sipp's folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := r.write(dir); err != nil {
		return nil, err
	}
	cmd := r.command(ctx, dir)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = nil, &said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start sipp: %w", err)
	}
	err = wait(ctx, cmd)
	trace, _ := os.ReadFile(filepath.Join(dir, "errors")) // there only when SIPp complained
	if r.phone.Trouble != nil && len(trace) > 0 {
		_, _ = r.phone.Trouble.Write(trace)
	}
	results, readErr := readLog(filepath.Join(dir, "log"))
	if readErr != nil {
		return results, readErr
	}
	someFailed := cmd.ProcessState.ExitCode() == exitSomeFailed && len(results) > 0 && !r.strict
	if err != nil && !someFailed && (ctx.Err() == nil || r.strict) {
		return results, fmt.Errorf("sipp %s: %w: %s%s", r.scenario, err, said.Bytes(), trace)
	}
	return results, nil
}

// exitSomeFailed is SIPp's status when a call did not go as its scenario says, and when the scenario can't be read.
const exitSomeFailed = 1

// write makes the scenario, the injection file and the speech.
func (r run) write(dir string) error {
	text, err := deploy.SIPp.ReadFile("sipp/" + r.scenario)
	if err != nil {
		return fmt.Errorf("read the sipp scenario: %w", err)
	}
	t, err := template.New(r.scenario).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return fmt.Errorf("parse the sipp scenario: %w", err)
	}
	var scenario bytes.Buffer
	if err := t.Execute(&scenario, r.view); err != nil {
		return fmt.Errorf("fill in the sipp scenario: %w", err)
	}
	files := map[string][]byte{"scenario.xml": scenario.Bytes()}
	if r.lines != "" {
		files["calls.csv"] = []byte("SEQUENTIAL\n" + r.lines)
	}
	if r.phone.Speech > 0 {
		files[speechFile] = speech(r.phone.Speech)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write sipp's files: %w", err)
		}
	}
	return nil
}

const speechFile = "speech.pcap"

func (r run) command(ctx context.Context, dir string) *exec.Cmd {
	program, ip := r.phone.Program, r.phone.IP
	if program == "" {
		program = "sipp"
	}
	if ip == "" {
		ip = "127.0.0.1"
	}
	args := []string{"-sf", "scenario.xml", "-i", ip, "-p", strconv.Itoa(r.phone.Port), "-nostdin",
		"-trace_logs", "-log_file", "log", "-trace_err", "-error_file", "errors", "-max_socket", "4096"}
	if r.phone.MediaPort > 0 {
		args = append(args, "-mi", ip, "-mp", strconv.Itoa(r.phone.MediaPort))
	}
	if r.lines != "" {
		args = append(args, "-inf", "calls.csv")
	}
	args = append(args, r.args...)
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, append(args, r.phone.Remote)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C at the terminal is the caller's to pass on
	return cmd
}

// stopLimit is how long SIPp may take to end its calls when asked to.
const stopLimit = 2 * time.Second

// wait waits for SIPp; when ctx ends it is asked to stop and then killed.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	_ = cmd.Process.Signal(syscall.SIGUSR1) // no new calls, end when the others have ended; fails only when it has ended
	select {
	case err := <-ended:
		return err
	case <-time.After(stopLimit):
	}
	_ = cmd.Process.Kill()
	return <-ended
}

// readLog reads the scenarios' log lines: name|call id|number|what|ms[|note].
func readLog(path string) ([]Result, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // no call was made
	}
	if err != nil {
		return nil, fmt.Errorf("read sipp's log: %w", err)
	}
	return parseLog(string(content)), nil
}

// parseLog gathers log lines by call; lines of another shape are not the scenarios'.
func parseLog(content string) []Result {
	var order []string
	calls := make(map[string]*Result)
	for line := range strings.Lines(content) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "|")
		if len(f) < 5 {
			continue
		}
		ms, err := strconv.ParseInt(f[4], 10, 64)
		if err != nil {
			continue
		}
		c := calls[f[1]]
		if c == nil {
			c = &Result{Name: f[0], CallID: f[1], Number: f[2]}
			calls[f[1]] = c
			order = append(order, f[1])
		}
		e := Event{What: f[3], At: time.Duration(ms) * time.Millisecond}
		if len(f) > 5 {
			e.Note = strings.TrimSpace(f[5])
		}
		c.Events = append(c.Events, e)
	}
	out := make([]Result, 0, len(order))
	for _, id := range order {
		out = append(out, *calls[id])
	}
	return out
}
