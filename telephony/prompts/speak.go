package prompts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// maxSound bounds what is read of a sound: ten minutes of 48 kHz stereo.
const maxSound = 120 << 20

// grace is how long a command that was ended may leave its output open, by a child of its own.
const grace = time.Second

// speak has the command say the text and returns what it wrote. An error tells what the command said last.
func (s SpeechConfig) speak(ctx context.Context, text string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "firstline-prompt-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the sound: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	out := filepath.Join(folder, "prompt.wav")
	said, sound := &tail{limit: 4 << 10}, &limited{most: maxSound}
	cmd := s.command(ctx, text, out)
	cmd.Stdout, cmd.Stderr = sound, said
	switch err := cmd.Run(); {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%s: no end after %v", s.Command[0], s.Timeout)
	case err != nil:
		return nil, fmt.Errorf("%s: %w%s", s.Command[0], err, said)
	case !s.asks(outPlace):
		return sound.kept.Bytes(), nil
	}
	return readSound(out)
}

// command is ready to run, in a process group of its own so that what it starts ends with it.
func (s SpeechConfig) command(ctx context.Context, text, out string) *exec.Cmd {
	args := make([]string, len(s.Command))
	for i, arg := range s.Command {
		args[i] = strings.NewReplacer(textPlace, text, outPlace, out).Replace(arg)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	if !s.asks(textPlace) {
		cmd.Stdin = strings.NewReader(text + "\n")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = grace
	return cmd
}

// readSound reads a file of a sound, no more of it than is taken.
func readSound(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxSound+1))
	if err == nil && len(data) > maxSound {
		err = errTooLong
	}
	return data, err
}

var errTooLong = errors.New("it is longer than a prompt may be")

// limited keeps what is written to it and refuses what is too much.
type limited struct {
	most int
	kept bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	if l.kept.Len()+len(p) > l.most {
		return 0, errTooLong
	}
	return l.kept.Write(p)
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int
	kept  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-t.limit):]
	return len(p), nil
}

// String is the last line that says something, to be put behind an error; "" when nothing was said.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return ": " + last
	}
	return ""
}
