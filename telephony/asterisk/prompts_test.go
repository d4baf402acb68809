package asterisk

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/sipp"
	"firstline/telephony/callcenter"
	"firstline/telephony/prompts"
)

const speaking = `
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: language
    nodes:
      language:
        type: menu
        prompt: ["prompt:language"]
        timeout: 20s
        options: {"2": {language: ru_RU, next: greeting}} # its sounds are in ru
        gave_up: bye
      greeting: {type: play, media: [beep, "prompt:greeting"], next: bye}
      bye: {type: hangup, media: ["prompt:bye"]}
prompts:
  list:
    - {id: language, text: {en: "Welcome. For Russian press two."}}
    - {id: greeting, text: {en: "Thank you for calling. Please hold the line.", ru: "Спасибо за звонок. Пожалуйста, оставайтесь на линии."}}
    - {id: bye, text: {en: "Good bye.", ru: "До свидания."}}
`

// A text becomes sound, and what Asterisk sends to the caller is that sound, in the language he chose.
func TestRealPrompt(t *testing.T) {
	c, made := newSpeakingCentre(t, speaking)
	caller := c.call(sipp.Call{Name: "caller", Number: "4930111", Dialed: "1000", Patience: time.Minute,
		Presses: []sipp.Press{{After: 2 * time.Second, Digits: "2"}}})
	c.contact("4930111")
	heard := c.listen(c.arrival())
	if e := c.end("4930111"); e.Termination != (fact.Termination{Result: fact.ResultContained, Reason: fact.ReasonFlowEnded}) {
		t.Errorf("ended %+v", e.Termination)
	}
	caller()
	sound := samples(t, heard())
	for _, name := range []string{"ru/greeting.wav", "ru/bye.wav"} {
		if got := likeness(sound, samples(t, filepath.Join(made, name))); got < 0.9 {
			t.Errorf("%s was not heard: likeness %.2f", name, got)
		}
	}
	for _, name := range []string{"en/greeting.wav", "en/bye.wav"} {
		if got := likeness(sound, samples(t, filepath.Join(made, name))); got > 0.7 {
			t.Errorf("%s was heard: likeness %.2f", name, got)
		}
	}
}

// newSpeakingCentre is a centre whose prompts were made by espeak; made is where they lie.
func newSpeakingCentre(t *testing.T, plan string) (c *centre, made string) {
	t.Helper()
	program := parts.Need(t, func() (string, error) { return parts.Program("espeak-ng") })
	var config callcenter.Config
	if err := yaml.Unmarshal([]byte(plan), &config); err != nil {
		t.Fatal(err)
	}
	c = newCentre(t, plan)
	made = filepath.Join(c.cfg.Root, node.PromptsDir(c.cfg.Name))
	if err := node.OpenToAll(made); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(made) })
	speech := map[string]prompts.SpeechConfig{}
	for language, voice := range map[string]string{"en": "en-us", "ru": "ru"} {
		speech[language] = prompts.SpeechConfig{Command: []string{program, "-v", voice, "--stdin", "--stdout"}, Timeout: time.Minute}
	}
	if failed, err := prompts.New(prompts.Config{Speech: speech}, made, config.Prompts.List).Build(t.Context(), false, func(prompts.Report) {}); err != nil || failed > 0 {
		t.Fatalf("%d prompts failed: %v", failed, err)
	}
	return c, made
}

// listen records what Asterisk sends to a channel; heard waits for the channel's end and returns the path of the recording.
func (c *centre) listen(channel string) (heard func() string) {
	c.t.Helper()
	ear := "fl.ear." + channel
	ask := func(method, path string, query url.Values) error {
		return c.rest.do(context.Background(), request{what: "listen", method: method, path: path, query: query}, nil)
	}
	if err := ask(http.MethodPost, channelPath(channel, "/snoop/"+ear), url.Values{"spy": {"out"}, "app": {c.own.App}}); err != nil {
		c.t.Fatal(err)
	}
	waitFor(c.t, "the snoop channel is in the application", func() bool {
		return ask(http.MethodPost, channelPath(ear, "/record"), url.Values{"name": {ear}, "format": {"wav"}, "ifExists": {"overwrite"}}) == nil
	})
	return func() string {
		waitFor(c.t, "the recording is written", func() bool {
			return codeOf(ask(http.MethodGet, "/recordings/live/"+ear, nil)) == http.StatusNotFound
		})
		return filepath.Join(c.node.Folder(), "spool/recording", ear+".wav")
	}
}

// samples are those of a WAV file of 8 kHz, 16 bits, one channel.
func samples(t *testing.T, path string) []float64 {
	t.Helper()
	data, err := os.ReadFile(path)
	at := bytes.Index(data, []byte("data"))
	if err != nil || at < 0 {
		t.Fatalf("%s: no sound: %v", path, err)
	}
	var out []float64
	for b := data[at+8:]; len(b) >= 2; b = b[2:] {
		out = append(out, float64(int16(binary.LittleEndian.Uint16(b))))
	}
	return out
}

// likeness is the best correlation of a quarter of a second out of a sound's middle with any place of all that was heard: 1
// = the very same, 0 = nothing of it.
func likeness(heard, sound []float64) float64 {
	piece := sound[len(sound)/2:]
	piece = piece[:min(2000, len(piece))]
	best := 0.0
	for at := range max(0, len(heard)-len(piece)) {
		var both, one, other float64
		for i, s := range piece {
			h := heard[at+i]
			both, one, other = both+s*h, one+s*s, other+h*h
		}
		if one > 0 && other > 0 {
			best = max(best, both/math.Sqrt(one*other))
		}
	}
	return best
}
