package prompts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/ivr"
)

// site is a folder of prompts and a command that counts how often it speaks.
type site struct {
	t      *testing.T
	dir    string // recordings, and what the command wrote down
	folder string
	cfg    Config
	list   []ivr.Prompt
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.folder = filepath.Join(s.dir, "made")
	s.record("voice.wav", tone(22050, 440, 10000, 500*time.Millisecond))
	s.record("closed.wav", tone(44100, 300, 10000, 700*time.Millisecond))
	s.cfg = Config{Speech: map[string]SpeechConfig{"en": s.command(`cat >>"$0/said"; cat "$0/voice.wav"`), "ru": s.command(`echo "$1" >>"$0/said"; cp "$0/voice.wav" "$2"`, textPlace, outPlace)}}
	s.list = []ivr.Prompt{
		{ID: "greeting", Text: map[string]string{"en": "Welcome\n  to Firstline.", "ru": "-- Здравствуйте; `id`"}},
		{ID: "closed", File: map[string]string{"en": filepath.Join(s.dir, "closed.wav")}},
	}
	return s
}

// command is a shell script; $0 is the site's folder, $1 … are args.
func (s *site) command(script string, args ...string) SpeechConfig {
	return SpeechConfig{Command: append([]string{"sh", "-c", script, s.dir}, args...), Timeout: time.Minute}
}

func (s *site) record(name string, w wave) {
	s.write(filepath.Join(s.dir, name), w.encode())
}

func (s *site) write(path string, data []byte) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) maker() *Maker { return New(s.cfg, s.folder, s.list) }

// build builds and tells what was done, one file a line.
func (s *site) build(again bool) []string {
	s.t.Helper()
	var done []string
	failed, err := s.maker().Build(context.Background(), again, func(r Report) {
		line := fmt.Sprintf("%s %s", r.Done, r.Name())
		if r.Err != nil {
			line += ": " + r.Err.Error()
		}
		done = append(done, line)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if want := len(slices.DeleteFunc(slices.Clone(done), func(l string) bool { return !strings.HasPrefix(l, "failed") })); failed != want {
		s.t.Errorf("%d are said to have failed of %v", failed, done)
	}
	return done
}

func (s *site) statuses() []string {
	s.t.Helper()
	list, err := s.maker().Statuses()
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, st := range list {
		out = append(out, fmt.Sprintf("%s %s %v", st.State, st.Name(), st.Length))
	}
	return out
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestBuild: what is missing is made, what is there is kept, what changed is made anew, what nobody wants any more is removed.
func TestBuild(t *testing.T) {
	s := newSite(t)
	wants(t, "before", s.statuses(), "missing en/greeting.wav 0s", "missing ru/greeting.wav 0s", "missing en/closed.wav 0s")
	wants(t, "first", s.build(false), "built en/greeting.wav", "built ru/greeting.wav", "copied en/closed.wav")
	wants(t, "then", s.statuses(), "built en/greeting.wav 500ms", "built ru/greeting.wav 500ms", "built en/closed.wav 700ms")
	said, err := os.ReadFile(filepath.Join(s.dir, "said"))
	if err != nil || string(said) != "Welcome to Firstline.\n-- Здравствуйте; `id`\n" {
		t.Errorf("the commands were given %q, %v", said, err)
	}
	for _, name := range []string{"en/greeting.wav", "en/closed.wav"} {
		data, err := os.ReadFile(filepath.Join(s.folder, name))
		w, errWave := parseWave(data)
		if err != nil || errWave != nil || w.rate != Rate || w.loudness() < 7000 || w.loudness() > 7150 {
			t.Errorf("%s: %v, %v, %d samples a second, loudness %.0f", name, err, errWave, w.rate, w.loudness())
		}
	}
	wants(t, "nothing to do", s.build(false), "kept en/greeting.wav", "kept ru/greeting.wav", "kept en/closed.wav")

	s.list[0].Text["en"] = "Good day."
	s.record("closed.wav", tone(8000, 300, 10000, 900*time.Millisecond))
	wants(t, "changed", s.statuses(), "stale en/greeting.wav 500ms", "built ru/greeting.wav 500ms", "stale en/closed.wav 700ms")
	wants(t, "second", s.build(false), "built en/greeting.wav", "kept ru/greeting.wav", "copied en/closed.wav")
	s.cfg.Speech["ru"] = s.command(`cat "$0/voice.wav"`)
	wants(t, "another command", s.build(false), "kept en/greeting.wav", "built ru/greeting.wav", "kept en/closed.wav")
	wants(t, "again", s.build(true), "built en/greeting.wav", "built ru/greeting.wav", "copied en/closed.wav")

	s.list = s.list[1:]
	wants(t, "left over", s.statuses(), "built en/closed.wav 900ms", "leftover en/greeting.wav 500ms", "leftover ru/greeting.wav 500ms")
	wants(t, "third", s.build(false), "kept en/closed.wav", "removed en/greeting.wav", "removed ru/greeting.wav")
	s.list = nil
	wants(t, "none", s.build(false), "removed en/closed.wav")
	wants(t, "none left", s.build(false))
}

// TestBuildLeavesOthersAlone: a file that was not made here, or was changed since, is neither replaced nor removed.
func TestBuildLeavesOthersAlone(t *testing.T) {
	s := newSite(t)
	s.build(false)
	theirs := tone(8000, 500, 5000, time.Second)
	s.write(filepath.Join(s.folder, "de/greeting.wav"), theirs.encode())                      // nobody's business
	s.write(filepath.Join(s.folder, "en/notes.wav"), []byte("no sound"))                      //
	s.write(filepath.Join(s.folder, "ru/greeting.wav"), theirs.encode())                      // in the place of one of ours
	s.write(filepath.Join(s.folder, "en/closed.wav"), edited(t, s.folder+"/en/closed.wav"))   // ours, with another sound
	s.write(filepath.Join(s.folder, "en/"+newFile+"1"), []byte("left by an interrupted run")) // ours
	s.list[0].Text["ru"], s.list[1].File["en"] = "Добрый день.", filepath.Join(s.dir, "voice.wav")
	done := s.build(false)
	if len(done) != 3 || done[0] != "kept en/greeting.wav" || !strings.HasPrefix(done[1], "failed ru/greeting.wav: it is not as") || !strings.HasPrefix(done[2], "failed en/closed.wav: it is not as") {
		t.Errorf("done %v", done)
	}
	s.list = nil
	wants(t, "only ours is removed", s.build(true), "removed en/greeting.wav")
	var left []string
	err := filepath.WalkDir(s.folder, func(path string, d fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(s.folder, path); err == nil && !d.IsDir() {
			left = append(left, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "left", left, "de/greeting.wav", "en/closed.wav", "en/notes.wav", "ru/greeting.wav")
}

// edited is a file of ours after somebody worked on its sound with a program that keeps the comment.
func edited(t *testing.T, path string) []byte {
	t.Helper()
	_, w, err := readMark(path)
	if err != nil {
		t.Fatal(err)
	}
	w.samples[len(w.samples)/2]++
	return w.encode()
}

// TestBuildFailures: each is told with its reason, leaves what was there, and keeps no other prompt from being made.
func TestBuildFailures(t *testing.T) {
	s := newSite(t)
	s.build(false)
	before, err := os.ReadFile(filepath.Join(s.folder, "en/greeting.wav"))
	if err != nil {
		t.Fatal(err)
	}
	s.record("silence.wav", wave{rate: 8000, samples: make([]int16, 8000)})
	s.record("nothing.wav", wave{rate: 8000})
	for name, c := range map[string]struct {
		speech SpeechConfig
		want   string
	}{
		"no such program": {SpeechConfig{Command: []string{"no-such-program"}, Timeout: time.Minute}, "no-such-program: exec:"},
		"exit status":     {s.command(`echo starting >&2; echo "no voice of that name" >&2; exit 3`), "sh: exit status 3: no voice of that name"},
		"never ends":      {SpeechConfig{Command: []string{"sh", "-c", "tail -f /dev/null & tail -f /dev/null"}, Timeout: 100 * time.Millisecond}, "sh: no end after 100ms"},
		"garbage":         {s.command(`echo "usage: speak TEXT"`), "what was spoken can't be played: it is no WAV file"},
		"writes nothing":  {s.command(`: "$1"`, outPlace), "no such file"},
		"silence":         {s.command(`cat "$0/silence.wav"`), "it is silence"},
		"no samples":      {s.command(`cat "$0/nothing.wav"`), "it has no sound"},
	} {
		s.cfg.Speech["en"] = c.speech
		s.list[1].ID = map[bool]string{true: "closed", false: "shut"}[s.list[1].ID == "shut"] // something to do behind it
		done := s.build(false)
		if len(done) != 4 || !strings.HasPrefix(done[0], "failed en/greeting.wav: ") || !strings.Contains(done[0], c.want) || !strings.HasPrefix(done[2], "copied") {
			t.Errorf("%s: done %v", name, done)
		}
		if after, err := os.ReadFile(filepath.Join(s.folder, "en/greeting.wav")); err != nil || !slices.Equal(after, before) {
			t.Errorf("%s: the old file is changed: %v", name, err)
		}
	}
	s.cfg.Speech["en"] = s.command(`cat "$0/voice.wav"`)
	s.list[1].File["en"] = filepath.Join(s.dir, "gone.wav")
	if done := s.build(false); len(done) < 3 || !strings.Contains(done[2], "the recording: ") || !strings.Contains(done[2], "no such file") {
		t.Errorf("a recording that is not there: done %v", done)
	}
	s.list[1].File["en"] = filepath.Join(s.dir, "said")
	if done := s.build(false); len(done) < 3 || !strings.Contains(done[2], "what was recorded can't be played: it is no WAV file") {
		t.Errorf("a recording that is none: done %v", done)
	}
}

// TestBuildEnds: a build that is told to stop ends its command, and makes nothing half.
func TestBuildEnds(t *testing.T) {
	s := newSite(t)
	s.cfg.Speech["en"] = s.command(`echo >"$0/said"; exec tail -f /dev/null`)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		_, err := s.maker().Build(ctx, false, func(r Report) { t.Errorf("%+v", r) })
		ended <- err
	}()
	for {
		if _, err := os.Stat(filepath.Join(s.dir, "said")); err == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("ended by itself: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := s.maker().Build(context.Background(), false, func(Report) {}); !errors.Is(err, ErrBusy) {
		t.Errorf("a second build beside it: %v", err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	wants(t, "after", s.statuses(), "missing en/greeting.wav 0s", "missing ru/greeting.wav 0s", "missing en/closed.wav 0s")
}

// TestAsteriskMayRead: files and folders made here are open to Asterisk's user, and a folder made by others stays as it is.
func TestAsteriskMayRead(t *testing.T) {
	s := newSite(t)
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s.build(false)
	for path, want := range map[string]fs.FileMode{"": 0o700, "en": 0o755, "en/greeting.wav": 0o644, "en/closed.wav": 0o644} {
		info, err := os.Stat(filepath.Join(s.folder, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

// TestRealEspeak: the worked example of docs/prompts.md, with the program itself.
func TestRealEspeak(t *testing.T) {
	program := parts.Need(t, func() (string, error) { return parts.Program("espeak-ng") })
	s := newSite(t)
	s.cfg.Speech = map[string]SpeechConfig{
		"en": {Command: []string{program, "-v", "en-us", "--stdin", "-w", outPlace}, Timeout: time.Minute},
		"ru": {Command: []string{program, "-v", "ru", "--stdin", "--stdout"}, Timeout: time.Minute},
	}
	s.list = []ivr.Prompt{{ID: "greeting", Text: map[string]string{
		"en": "Welcome to Firstline. Please hold the line.", "ru": "Здравствуйте. Пожалуйста, оставайтесь на линии."}}}
	wants(t, "done", s.build(false), "built en/greeting.wav", "built ru/greeting.wav")
	for _, language := range []string{"en", "ru"} {
		_, w, err := readMark(filepath.Join(s.folder, language, "greeting.wav"))
		if err != nil || w.rate != Rate || w.length() < time.Second || w.length() > 10*time.Second || w.loudness() < 300 {
			t.Errorf("%s: %v, %v at %d, loudness %.0f", language, err, w.length(), w.rate, w.loudness())
		}
	}
}

func TestConfigMistakes(t *testing.T) {
	list := []ivr.Prompt{{ID: "greeting", Text: map[string]string{"en": "Hello", "ru": "Привет"}}, {ID: "closed", File: map[string]string{"de": "zu.wav"}}}
	good := func() Config {
		return Config{Speech: map[string]SpeechConfig{"en": {Command: []string{"say"}, Timeout: time.Minute}, "ru": {Command: []string{"say"}, Timeout: time.Minute}}}
	}
	if p := good().Validate(list); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	for path, harm := range map[string]func(*Config){
		"asterisk_folder":   func(c *Config) { c.AsteriskFolder = "prompts" },
		"speech.ru.command": func(c *Config) { c.Speech["ru"] = DefaultSpeech() },
		"speech.en.timeout": func(c *Config) { c.Speech["en"] = SpeechConfig{Command: []string{"say"}} },
		"list.0.text.ru":    func(c *Config) { delete(c.Speech, "ru") },
	} {
		c := good()
		harm(&c)
		p := c.Validate(list)
		if len(p) != 1 || p[0].Path != path || p[0].Message == "" || p[0].Mend == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}
