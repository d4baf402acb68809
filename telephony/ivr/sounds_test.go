package ivr_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"firstline/telephony/ivr"
)

// TestSounds: what a flow plays, where, and in which languages callers come there.
func TestSounds(t *testing.T) {
	const flow = `
id: f
start: hello
nodes:
  hello: {type: play, media: ["prompt:hello"], next: language}
  language:
    type: menu
    prompt: [vm-press, "prompt:language"]
    no_input_media: ["prompt:nothing"]
    invalid_media: ["prompt:wrong"]
    options: {"1": {next: by_language}, "2": {language: ru, next: by_language}, "3": {language: de, next: german}}
    gave_up: bye
  by_language:
    type: branch
    cases: [{when: 'language == "ru"', next: russian}, {when: 'number startsWith "+7" and language == "ru"', next: moscow}]
    otherwise: other
  russian: {type: collect, prompt: ["prompt:russian"], confirm: ["{digits}", "prompt:right"], max: 3, next: ring, no_input: ring}
  ring:    {type: callback, queue: support, prompt: ["prompt:number"], confirm: ["{digits}", "prompt:ring"], no_input_media: ["prompt:silent"], next: q, failed: other, gave_up: q}
  moscow:  {type: play, media: ["prompt:moscow"], next: q}
  other:   {type: play, media: ["prompt:other"], next: s}
  german:  {type: play, media: ["prompt:german"], next: s}
  q:       {type: queue, queue: support}
  s:       {type: queue, queue: sales}
  bye:     {type: hangup, media: ["prompt:bye"]}
`
	f := load(t, flow)
	var got []string
	for _, s := range f.Sounds([]string{"en", "fr"}) {
		got = append(got, fmt.Sprintf("%s %s in %s", s.Path, strings.Join(s.Names, ","), strings.Join(s.Languages, ",")))
	}
	for _, j := range f.Joins([]string{"en", "fr"}, []string{"support"}) {
		got = append(got, fmt.Sprintf("%s in %s", j.Queue, strings.Join(j.Languages, ",")))
	}
	want := []string{
		"nodes.bye.media prompt:bye in en,fr",
		"nodes.german.media prompt:german in de",
		"nodes.hello.media prompt:hello in en,fr",
		"nodes.language.prompt vm-press,prompt:language in en,fr",
		"nodes.language.no_input_media prompt:nothing in en,fr",
		"nodes.language.invalid_media prompt:wrong in en,fr",
		"nodes.moscow.media prompt:moscow in en,fr", // its condition asks for more than the language
		"nodes.other.media prompt:other in en,fr,ru",
		"nodes.ring.prompt prompt:number in ru",
		"nodes.ring.no_input_media prompt:silent in ru",
		"nodes.ring.confirm {digits},prompt:ring in ru",
		"nodes.russian.prompt prompt:russian in ru",
		"nodes.russian.confirm {digits},prompt:right in ru",
		"support in en,fr,ru", // and so is what follows it,
		"support in ru",       // called back
		"sales in de,en,fr,ru",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	for _, s := range f.Sounds(nil) {
		if len(s.Languages) > 0 {
			t.Errorf("nobody comes, but %s is heard in %v", s.Path, s.Languages)
		}
	}
}

// TestPromptSpeaks: as Asterisk looks for a sound, the region is left out when there is none for it.
func TestPromptSpeaks(t *testing.T) {
	p := ivr.Prompt{ID: "hello", Text: map[string]string{"en": "Hello"}, File: map[string]string{"pt_BR": "ola.wav"}}
	for language, want := range map[string]bool{"en": true, "en_GB": true, "en_GB_x": true, "pt_BR": true, "pt": false, "ru": false, "english": false} {
		if p.Speaks(language) != want {
			t.Errorf("%s: %v", language, !want)
		}
	}
	if got := p.Languages(); !slices.Equal(got, []string{"en", "pt_BR"}) {
		t.Errorf("languages %v", got)
	}
}

// TestPromptMistakes: each is named at its place, with a mend.
func TestPromptMistakes(t *testing.T) {
	hello := map[string]string{"en": "Hello"}
	for path, prompts := range map[string][]ivr.Prompt{
		"0.id":         {{Text: hello}},
		"1.id":         {{ID: "hello", Text: hello}, {ID: "hello", Text: hello}},
		"2.id":         {{ID: "a", Text: hello}, {ID: "b", Text: hello}, {ID: "../c", Text: hello}},
		"0.text":       {{ID: "hello"}},
		"0.text.en":    {{ID: "hello", Text: map[string]string{"en": " "}}},
		"0.file.en":    {{ID: "hello", Text: hello, File: map[string]string{"en": "hello.wav"}}},
		"0.file.../en": {{ID: "hello", File: map[string]string{"../en": "hello.wav"}}},
	} {
		problems := ivr.ValidatePrompts(prompts)
		if len(problems) != 1 || problems[0].Path != path || problems[0].Message == "" || problems[0].Mend == "" {
			t.Errorf("%s: %+v", path, problems)
		}
	}
}
