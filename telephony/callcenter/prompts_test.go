package callcenter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/problem"
	"firstline/telephony/callcenter"
)

const prompted = `
queues:
  - {id: support, max_wait: 1m, overflow: sales, full_media: ["prompt:full"]}
  - {id: sales, empty_media: ["prompt:empty"]}
  - {id: apart, recording: {mode: all, announce: ["prompt:recorded"]}}
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]
entries: [{number: "*", flow: main}]
features: {login: "*11", login_media: ["prompt:welcome"]}
ivr:
  - id: main
    start: language
    nodes:
      language:
        type: menu
        prompt: ["prompt:language"]
        options: {"1": {next: bye}, "2": {language: ru, next: line}}
        gave_up: bye
      line: {type: queue, queue: support}
      bye:  {type: hangup, media: [vm-goodbye, "prompt:bye"]}
prompts:
  languages: [en_GB]
  list:
    - {id: language, text: {en: "For English press 1."}}
    - {id: welcome, file: {en: welcome.wav}}
    - {id: full, text: {ru: "Все линии заняты."}}
    - {id: empty, text: {ru: "Никого нет."}}
    - {id: bye, text: {en: "Good bye."}}
    - {id: recorded, text: {ru: "Разговор записывается."}}
`

func prompting(t *testing.T, text string) callcenter.Config {
	t.Helper()
	config := callcenter.DefaultConfig()
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

// TestPrompts: a plan may play what it defines, in each language a caller can have there; what it may not is named.
func TestPrompts(t *testing.T) {
	plan, problems := prompting(t, prompted).Plan()
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	if got := plan.Queues[0].FullMedia; !slices.Equal(got, []string{"prompt:full"}) {
		t.Errorf("the core is told to play %v", got)
	}
	other, _ := prompting(t, strings.ReplaceAll(prompted, "Good bye.", "Bye.")).Plan()
	if other == nil || other.Version != plan.Version {
		t.Error("a changed text is a new plan")
	}
	for _, c := range []struct{ from, to, want string }{
		{`"prompt:bye"`, `"prompt:by"`, `ivr.0.nodes.bye.media.1: prompt "by" is not defined`},
		{`"prompt:full"`, `"prompt:fool"`, `queues.0.full_media.0: prompt "fool" is not defined`},
		{`"prompt:welcome"`, `"prompt:wellcome"`, `features.login_media.0: prompt "wellcome" is not defined`},
		{`en_GB`, `de`, `prompts.list.0: prompt "language" says nothing in de`},
		{`"1": {next: bye}`, `"1": {next: line}`, `prompts.list.2: prompt "full" says nothing in en_GB`},
		{`"1": {next: bye}`, `"1": {next: line}`, `prompts.list.3: prompt "empty" says nothing in en_GB`}, // by overflow
		{`"2": {language: ru, next: line}`, `"2": {language: ru, next: bye}, "3": {language: ru, next: line}`, `prompts.list.4: prompt "bye" says nothing in ru`},
		{`"1": {next: bye}`, `"1": {next: line}`, `prompts.list.5: prompt "recorded" says nothing in en_GB`}, // he may be handed on there
		{`"prompt:recorded"`, `"prompt:record"`, `queues.2.recording.announce.0: prompt "record" is not defined`},
		{`"prompt:recorded"`, `"sonud:x"`, `queues.2.recording.announce.0: "sonud:x" is nothing that can be played`},
		{`id: empty, text`, `id: full, text`, `prompts.list.3.id: prompt "full" is defined twice`},
	} {
		_, problems := prompting(t, strings.Replace(prompted, c.from, c.to, 1)).Plan()
		if !slices.ContainsFunc(problems, func(p problem.Problem) bool {
			return strings.HasPrefix(p.Path+": "+p.Message, c.want) && p.Mend != ""
		}) {
			t.Errorf("%s → %s: no %s in %+v", c.from, c.to, c.want, problems)
		}
	}
}

// TestUnused: a prompt that nothing plays is no mistake, but told.
func TestUnused(t *testing.T) {
	if unused := prompting(t, prompted).Unused(); len(unused) > 0 {
		t.Errorf("%+v", unused)
	}
	config := prompting(t, strings.Replace(prompted, `, "prompt:bye"`, "", 1))
	if _, problems := config.Plan(); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	if got := fmt.Sprint(config.Unused()); got != `[{prompts.list.4 nothing plays prompt "bye" write prompt:bye where it is to be heard, or take it out}]` {
		t.Error(got)
	}
}

// TestHeard: what is looked for on Asterisk is what somebody can hear, in his languages.
func TestHeard(t *testing.T) {
	config := prompting(t, `
prompts: {languages: [en]}
features: {login_media: [agent-loginok], logout_media: [], ready_media: [], pause_media: [], error_media: []}
queues:
  - {id: first, full_media: [all-busy], empty_media: [], overflow_media: [], comfort_media: [hold-on]}
  - {id: never, full_media: [never-heard], empty_media: [], overflow_media: []}
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: choose
    nodes:
      choose: {type: menu, prompt: [beep], invalid_media: [wrong], options: {"1": {language: ru, next: line}, "2": {language: de, next: ask}}, gave_up: bye}
      ask: {type: collect, prompt: [beep], confirm: ["{digits}", right], max: 3, next: bye, no_input: bye}
      line: {type: queue, queue: first}
      bye: {type: hangup, media: ["number:3"]}
`)
	if got := fmt.Sprint(config.Heard()); got != "[{de [number:3 sound:beep sound:digits/0 sound:digits/1 sound:digits/2 sound:digits/3 sound:digits/4 sound:digits/5 sound:digits/6 sound:digits/7 sound:digits/8 sound:digits/9 sound:right]}"+
		" {en [number:3 sound:agent-loginok sound:beep sound:wrong]} {ru [sound:all-busy sound:hold-on]}]" {
		t.Error(got)
	}
}
