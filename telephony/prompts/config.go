package prompts

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// Config is the section `prompts` but for what is said: that is callcenter.PromptsConfig.
type Config struct {
	Folder         string                  `yaml:"folder"`          // where the files are made, and Asterisk must be able to read; empty = prompts below `data`, with the embedded Asterisk a folder it sees
	AsteriskFolder string                  `yaml:"asterisk_folder"` // the same folder as Asterisk sees it, where that differs: it runs in a container, or on another host
	Speech         map[string]SpeechConfig `yaml:"speech"`          // language → how its texts become sound
}

// SpeechConfig is the command that speaks a language.
type SpeechConfig struct {
	Command []string      `yaml:"command"` // program and arguments, no shell; the text comes on standard input, the sound (WAV) is expected on standard output; or {text} and {out} in an argument: the text, the path of the file to write
	Timeout time.Duration `yaml:"timeout"` // of one text; then the command is ended
}

// What stands in an argument for the text and for the path of the sound.
const (
	textPlace = "{text}"
	outPlace  = "{out}"
)

const (
	defaultTimeout = time.Minute
	maxTimeout     = 10 * time.Minute
)

// DefaultConfig speaks no language.
func DefaultConfig() Config { return Config{} }

// DefaultSpeech is what a command that names nothing is given.
func DefaultSpeech() SpeechConfig { return SpeechConfig{Timeout: defaultTimeout} }

// UnmarshalYAML lets a command begin with its defaults.
func (s *SpeechConfig) UnmarshalYAML(decode func(any) error) error {
	type plain SpeechConfig
	*s = DefaultSpeech()
	return decode((*plain)(s))
}

// Validate tells what is wrong, also with the prompts' texts that have no command; paths are relative to the section.
func (c Config) Validate(list []ivr.Prompt) []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if c.AsteriskFolder != "" && !filepath.IsAbs(c.AsteriskFolder) {
		add("asterisk_folder", fmt.Sprintf("%q is no absolute path", c.AsteriskFolder), "write it as Asterisk sees it, from / on")
	}
	for _, language := range slices.Sorted(maps.Keys(c.Speech)) {
		at, s := "speech."+language+".", c.Speech[language]
		if len(s.Command) == 0 || s.Command[0] == "" {
			add(at+"command", "there is no command", `write program and arguments, for example [espeak-ng, -v, en-us, --stdin, -w, "{out}"]`)
		}
		if s.Timeout < time.Second || s.Timeout > maxTimeout {
			add(at+"timeout", fmt.Sprintf("%s is no useful time to speak a text", s.Timeout), "write a time from 1s to 10m, for example 1m")
		}
	}
	for i, p := range list {
		for _, language := range slices.Sorted(maps.Keys(p.Text)) {
			if _, ok := c.Speech[language]; !ok {
				add("list."+strconv.Itoa(i)+".text."+language, fmt.Sprintf("nothing speaks %s", language),
					"write prompts.speech."+language+".command, as docs/prompts.md shows, or record it and write file")
			}
		}
	}
	return out
}

// asks tells whether the command wants something in its arguments.
func (s SpeechConfig) asks(place string) bool {
	return slices.ContainsFunc(s.Command, func(arg string) bool { return strings.Contains(arg, place) })
}
