// Package prompts makes the sound files of the prompts a site writes as text or records itself, where Asterisk finds them:
// FOLDER/<language>/<id>.wav. A text is spoken by a command of the site's choice.
//
// `firstline prompts`, `check` and `doctor` are its callers. It reads and writes the folder and runs the commands; it never
// plays anything, and never changes a file that it did not make: each of its own carries a mark, a comment within the WAV
// of what it was made from and of the samples themselves. There is no list beside the files that could be wrong about them.
package prompts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"firstline/telephony/ivr"
)

// Sound is one file of the plan: a prompt in one of its languages.
type Sound struct {
	Prompt   string
	Language string
	Text     string // what is said; "" = it is recorded
	File     string // the recording
}

// Name is the file's within the folder: "ru/greeting.wav".
func (s Sound) Name() string { return filepath.Join(s.Language, s.Prompt+extension) }

const extension = ".wav"

// State is how a file is to the plan.
type State string

// The states of a file.
const (
	Built    State = "built"    // as the plan has it
	Missing  State = "missing"  // not there
	Stale    State = "stale"    // made of another text, by another command, of another recording
	Foreign  State = "foreign"  // another's, or ours and changed since
	Leftover State = "leftover" // ours, and no longer in the plan
)

// Status is one file.
type Status struct {
	Sound  // of a leftover Prompt and Language only
	State  State
	Length time.Duration // of what is there, where it can be read
	Err    error         // why it can't be told, or made: a recording that is not there
}

// Maker makes the files of one plan.
type Maker struct {
	folder string
	speech map[string]SpeechConfig
	sounds []Sound // by the plan's prompts, then by language
}

// New takes a section and its prompts that Validate finds right, and the folder of the files. It reads and writes nothing.
func New(cfg Config, folder string, list []ivr.Prompt) *Maker {
	m := &Maker{folder: folder, speech: cfg.Speech}
	for _, p := range list {
		for _, language := range p.Languages() {
			text := strings.Join(strings.Fields(p.Text[language]), " ") // some commands take each line for a text of its own
			m.sounds = append(m.sounds, Sound{Prompt: p.ID, Language: language, Text: text, File: p.File[language]})
		}
	}
	return m
}

// Folder is where the files are.
func (m *Maker) Folder() string { return m.folder }

// Statuses are the plan's files in its order, then those that are left over, by name. Err of one says what could not be
// looked at; the error, that the folder can't be read.
func (m *Maker) Statuses() ([]Status, error) {
	var list []Status
	planned := map[string]bool{}
	for _, s := range m.sounds {
		planned[s.Name()] = true
		list = append(list, m.status(s))
	}
	there, err := filepath.Glob(filepath.Join(escape(m.folder), "*", "*"+extension))
	if err != nil {
		return nil, fmt.Errorf("look for prompts: %w", err)
	}
	for _, path := range there {
		name, err := filepath.Rel(m.folder, path)
		if err != nil || planned[name] {
			continue
		}
		if _, w, err := readMark(path); err == nil {
			language, file := filepath.Split(name)
			s := Sound{Prompt: strings.TrimSuffix(file, extension), Language: filepath.Clean(language)}
			list = append(list, Status{Sound: s, State: Leftover, Length: w.length()})
		}
	}
	return list, nil
}

func (m *Maker) status(s Sound) Status {
	st := Status{Sound: s, State: Stale}
	source, err := m.source(s)
	if err != nil {
		st.Err = err
	}
	mark, w, err := readMark(filepath.Join(m.folder, s.Name()))
	st.Length = w.length()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		st.State = Missing
	case errors.Is(err, errForeign):
		st.State = Foreign
	case err != nil:
		st.State, st.Err = Foreign, errors.Join(st.Err, err)
	case st.Err == nil && mark == source:
		st.State = Built
	}
	return st
}

// source is the hash of all that a file is made from. What a program or a voice is like is not in it: `build --again` is for
// that.
func (m *Maker) source(s Sound) (string, error) {
	parts := []string{"1", strconv.Itoa(Rate), s.Language} // the first is to change with how files are made
	if s.File != "" {
		recording, err := readSound(s.File)
		if err != nil {
			return "", fmt.Errorf("the recording: %w", err)
		}
		return hash(append(parts, "file", string(recording))...), nil
	}
	return hash(append(append(parts, "text", s.Text), m.speech[s.Language].Command...)...), nil
}

// hash is of the parts and of where one ends.
func hash(parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(p), p) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil)[:hashBytes])
}

const hashBytes = 16

// markFormat is the comment within a file of ours: what it was made from, and the hash of its samples.
const markFormat = "firstline prompt %s %s"

func (w wave) marked(source string) wave {
	w.comment = fmt.Sprintf(markFormat, source, hash(string(w.bytes())))
	return w
}

var errForeign = errors.New("it is not as `firstline prompts build` made it")

// readMark is what a file of ours was made from. errForeign is wrapped when it is not ours, or was changed since; the wave
// is there when the file is one.
func readMark(path string) (source string, w wave, err error) {
	data, err := readSound(path)
	if err != nil {
		return "", wave{}, err
	}
	if w, err = parseWave(data); err != nil {
		return "", wave{}, fmt.Errorf("%w: %w", errForeign, err)
	}
	var sound string
	if _, err := fmt.Sscanf(w.comment, markFormat, &source, &sound); err != nil || sound != hash(string(w.bytes())) {
		return "", w, errForeign
	}
	return source, w, nil
}

// length is how long it takes to play.
func (w wave) length() time.Duration {
	if w.rate == 0 {
		return 0
	}
	return time.Duration(len(w.samples)) * time.Second / time.Duration(w.rate)
}

// escape makes a path mean itself in a pattern.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// openFolder makes a folder that everybody may enter, whatever umask we run under: Asterisk is another user. One that is
// there stays as it is.
func openFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch err := os.Mkdir(path, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return os.Chmod(path, 0o755)
}
