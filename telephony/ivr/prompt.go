package ivr

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/problem"
)

// PromptScheme stands before a prompt's id in a list of media, where a sound of Asterisk's has none: prompt:greeting.
const PromptScheme = "prompt:"

// Prompt is something the site itself says, in each language spoken or recorded. `firstline prompts build` makes the files.
type Prompt struct {
	ID   string            `yaml:"id" json:"id"`                         // prompt:ID in a list of media plays it; letters, digits and . - _
	Text map[string]string `yaml:"text,omitempty" json:"text,omitempty"` // language → what is said, by prompts.speech
	File map[string]string `yaml:"file,omitempty" json:"file,omitempty"` // language → path of a recording, WAV of 16 bits
}

// Languages are those the prompt is there in, sorted.
func (p Prompt) Languages() []string {
	all := slices.Concat(slices.Sorted(maps.Keys(p.Text)), slices.Sorted(maps.Keys(p.File)))
	slices.Sort(all)
	return slices.Compact(all)
}

// Speaks tells whether Asterisk finds the prompt for a caller of a language: en_GB finds en too (main/file.c,
// fileexists_core).
func (p Prompt) Speaks(language string) bool {
	for {
		if _, ok := p.Text[language]; ok {
			return true
		}
		if _, ok := p.File[language]; ok {
			return true
		}
		cut := strings.LastIndex(language, "_")
		if cut < 0 {
			return false
		}
		language = language[:cut]
	}
}

// PromptOf is the id of the prompt a medium names; false for all other media.
func PromptOf(medium string) (id string, ok bool) { return strings.CutPrefix(medium, PromptScheme) }

// Letters of what becomes the name of a file or of a folder.
const (
	letters    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	nameOthers = ".-_"
	langOthers = "-_"
)

// ValidatePrompts names every mistake of all prompts; paths begin with the prompt's index.
func ValidatePrompts(prompts []Prompt) []problem.Problem {
	c := &checker{}
	for i, p := range prompts {
		at := strconv.Itoa(i) + "."
		switch {
		case p.ID == "":
			c.add(at+"id", "a prompt has no id", "give it one, for example greeting")
		case !named(p.ID, nameOthers):
			c.add(at+"id", fmt.Sprintf("prompt id %q can't be the name of a file", p.ID), "use letters a-z, A-Z, digits, ., - and _ only, a letter or digit first")
		case slices.ContainsFunc(prompts[:i], func(o Prompt) bool { return o.ID == p.ID }):
			c.add(at+"id", fmt.Sprintf("prompt %q is defined twice", p.ID), "give each prompt an id of its own")
		}
		if len(p.Text)+len(p.File) == 0 {
			c.add(at+"text", fmt.Sprintf("prompt %q says nothing", p.ID), "write text: {en: Welcome}, or file: {en: welcome.wav}")
		}
		c.said(at+"text.", p.Text, "write what is to be said")
		c.said(at+"file.", p.File, "write the path of a recording")
		for _, language := range slices.Sorted(maps.Keys(p.Text)) {
			if _, twice := p.File[language]; twice {
				c.add(at+"file."+language, fmt.Sprintf("prompt %q is both spoken and recorded in %s", p.ID, language), "leave text or file out")
			}
		}
	}
	return c.problems
}

// said checks the languages of a prompt and that there is something in each.
func (c *checker) said(at string, by map[string]string, mend string) {
	for _, language := range slices.Sorted(maps.Keys(by)) {
		if !named(language, langOthers) {
			c.add(at+language, fmt.Sprintf("%q is no language", language), "write its code as Asterisk does: en, ru, en_GB")
		}
		if strings.TrimSpace(by[language]) == "" {
			c.add(at+language, "is empty", mend)
		}
	}
}

func named(name, others string) bool {
	return name != "" && strings.Contains(letters, name[:1]) && strings.Trim(name, letters+others) == ""
}

// ValidateMedia names every mistake of a list of media; paths are their indexes. Whether prompts are defined is not looked at.
func ValidateMedia(names []string) []problem.Problem {
	c := &checker{}
	for i, name := range names {
		at := strconv.Itoa(i)
		scheme, _, has := strings.Cut(name, ":")
		switch {
		case strings.TrimSpace(name) == "":
			c.add(at, "a sound has no name", "name a sound file without its extension, or leave the line out")
		case has && !slices.Contains(schemes(), scheme):
			c.add(at, fmt.Sprintf("%q is nothing that can be played", name), "write the name of a sound, or begin with one of "+strings.Join(schemes(), ":, ")+":")
		}
	}
	return c.problems
}

// schemes are those of ARI's media URIs (POST /channels/{id}/play), and the prompts' own.
func schemes() []string {
	return []string{"prompt", "sound", "recording", "digits", "number", "characters", "tone"}
}
