package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/parts"
	"firstline/telephony/asterisk/node"
	"firstline/telephony/asterisk/sipp"
)

// saying is a site that says two things itself; its voice is a file that a command copies. %s: its folder.
const saying = `
node: pbx1
data: %[1]s
asterisk: {url: "http://127.0.0.1:1/ari"}
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/101, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: language
    nodes:
      language: {type: menu, prompt: ["prompt:language"], options: {"2": {language: ru, next: hello}}, gave_up: line}
      hello: {type: play, media: ["prompt:hello"], next: line}
      line: {type: queue, queue: support}
prompts:
  speech:
    en: {command: [sh, -c, 'cat "$0/voice.wav"', %[1]s]}
    ru: {command: [sh, -c, 'cat "$0/voice.wav"', %[1]s]}
  list:
    - {id: language, text: {en: "For Russian press two."}}
    - {id: hello, file: {ru: %[1]s/recorded.wav}}
`

// voice is a quarter of a second that can be heard, as a WAV file of 8 kHz.
func voice() []byte {
	return append([]byte("RIFF\xc4\x0f\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\xa0\x0f\x00\x00"),
		[]byte(strings.Repeat("\x00\x10\x00\xf0", 1000))...)
}

// TestPromptsTool: check tells what is not built, build builds it, one line a file, and tells what it can't; then all is well.
func TestPromptsTool(t *testing.T) {
	dir := t.TempDir()
	path := file(t, fmt.Sprintf(saying, dir))
	said := func(wantCode int, parts []string, args ...string) {
		t.Helper()
		code, out := tool(t, nil, append(args, "--config", path)...)
		if code != wantCode {
			t.Errorf("%v: exit code %d\n%s", args, code, out)
		}
		for _, part := range parts {
			if !strings.Contains(out, part) {
				t.Errorf("%v: no %q in\n%s", args, part, out)
			}
		}
	}
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said(exitOK, []string{"note: " + path + ":15: prompts: en/language.wav is missing, ru/hello.wav is missing; run `firstline prompts build`", "is right"}, "check")
	said(exitFault, []string{"WRONG prompts", "en/language.wav is missing", "→ run `firstline prompts build`"}, "doctor")
	said(exitFault, []string{"failed   en/language.wav: sh: exit status 1: cat: ", "failed   ru/hello.wav: the recording: ", "2 of 2 failed, in " + dir + "/prompts"}, "prompts", "build")
	write("voice.wav", voice())
	said(exitFault, []string{"built    en/language.wav  0.2 s", "failed   ru/hello.wav: the recording: ", "1 of 2 failed"}, "prompts", "build")
	write("recorded.wav", voice())
	said(exitOK, []string{"kept     en/language.wav  0.2 s", "copied   ru/hello.wav  0.2 s", "2 files, in " + dir + "/prompts"}, "prompts", "build")
	said(exitOK, []string{"built    en/language.wav  0.2 s  For Russian press two.", "built    ru/hello.wav  0.2 s  " + dir + "/recorded.wav"}, "prompts", "list")
	said(exitOK, []string{"built    en/language.wav"}, "prompts", "build", "--again")
	said(exitFault, []string{"ok    prompts                2 files in " + dir + "/prompts"}, "doctor") // no Asterisk is there
	if _, out := tool(t, nil, "check", "--config", path); strings.Contains(out, "note:") {
		t.Errorf("all is built:\n%s", out)
	}
	write("recorded.wav", append(voice(), 0, 0)) // another recording
	said(exitOK, []string{"prompts: ru/hello.wav is stale"}, "check")
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	said(exitOK, []string{"copied   ru/hello.wav", "note: asterisk's user can't enter a folder: " + dir + " has mode 0700"}, "prompts", "build")
	said(exitFault, []string{`"bild"`, "write build or list"}, "prompts", "bild")
	said(exitFault, []string{"say what to do"}, "prompts")
}

// TestPromptMistakes: each is told with its line and mend, as those of every other section.
func TestPromptMistakes(t *testing.T) {
	text := fmt.Sprintf(saying, t.TempDir())
	for _, c := range []struct{ from, to, want string }{
		{"prompt:hello", "prompt:helo", `:13: ivr.0.nodes.hello.media.0: prompt "helo" is not defined; define it under prompts.list, or name one of language, hello`},
		{"prompt:hello", "promt:hello", `:13: ivr.0.nodes.hello.media.0: "promt:hello" is nothing that can be played; write the name of a sound, or begin with one of prompt:,`},
		{"language: ru", "language: de", `:21: prompts.list.1: prompt "hello" says nothing in de, and a caller can come to hear it so (ivr.0.nodes.hello.media.0); write text or file for de`},
		{"text: {en:", "text: {fr: Bonjour, en:", `:20: prompts.list.0.text.fr: nothing speaks fr; write prompts.speech.fr.command`},
		{"  speech:\n", "  folder: /with,comma\n  speech:\n", `:16: prompts.folder: /with,comma has a comma`},
		{"  list:\n", "  list:\n    - {id: spare, text: {en: Hm}}\n", `note: FILE:20: prompts.list.0: nothing plays prompt "spare"; write prompt:spare where it is to be heard, or take it out`},
	} {
		path := file(t, strings.Replace(text, c.from, c.to, 1))
		if _, out := tool(t, nil, "check", "--config", path); !strings.Contains(strings.ReplaceAll(out, path, "FILE"), c.want) {
			t.Errorf("%s → %s: no %q in\n%s", c.from, c.to, c.want, out)
		}
	}
}

// TestPromptsOfTheEmbeddedAsterisk: they are made where it sees them, and a folder that it doesn't see is a mistake.
func TestPromptsOfTheEmbeddedAsterisk(t *testing.T) {
	root := parts.Need(t, parts.AsteriskRoot)
	s := defaults()
	s.Center.Node, s.Node.Embedded = "pbx1", true
	place, err := placeOfPrompts(s)
	if err != nil || place.made != filepath.Join(root, node.PromptsDir("pbx1")) || place.seen != node.PromptsDir("pbx1") {
		t.Errorf("left out: %+v, %v", place, err)
	}
	s.Prompts.Folder = filepath.Join(root, "srv/sounds")
	if place, err := placeOfPrompts(s); err != nil || place.made != s.Prompts.Folder || place.seen != "/srv/sounds" {
		t.Errorf("named: %+v, %v", place, err)
	}
	s.Prompts.Folder, s.Prompts.AsteriskFolder = "/host/sounds", "/srv/sounds"
	if place, err := placeOfPrompts(s); err != nil || place.made != "/host/sounds" || place.seen != "/srv/sounds" {
		t.Errorf("mounted: %+v, %v", place, err)
	}
	if root == "/" {
		return
	}
	s.Prompts.AsteriskFolder = ""
	if _, err := placeOfPrompts(s); err == nil || !strings.Contains(err.Error(), root) {
		t.Errorf("outside: %v", err)
	}
}

const greeting = `
queues: [{id: support}]
agents: [{id: anna, endpoint: PJSIP/301, queues: [support]}]
entries: [{number: "*", flow: main}]
ivr:
  - id: main
    start: greeting
    nodes: {greeting: {type: play, media: ["prompt:greeting"], next: bye}, bye: {type: hangup}}
prompts:
  speech: {en: {command: [espeak-ng, -v, en-us, --stdin, --stdout]}}
  list: [{id: greeting, text: {en: "Thank you for calling Firstline. All lines are busy; please call again later."}}]
`

// TestPromptEndToEnd: a text in the file, one command, and the whole product says it to a caller: the call lasts as long as
// what is said, where a sound that Asterisk doesn't find takes no time. That it is the very sound TestRealPrompt shows.
func TestPromptEndToEnd(t *testing.T) {
	t.Parallel()
	parts.Need(t, func() (string, error) { return parts.Program("espeak-ng") })
	p := newProduct(t, "prompted", greeting, "")
	code, out := tool(t, nil, "prompts", "build", "--config", p.config)
	var said float64
	if _, err := fmt.Sscanf(out, "built en/greeting.wav %f s", &said); code != exitOK || err != nil || said < 2 {
		t.Fatalf("%d, %v: %s", code, err, out)
	}
	p.start()
	from := time.Now().Add(-time.Second)
	if _, err := p.callers(0, sipp.Call{Name: "ada", Number: "4930555", Dialed: "1000", Patience: time.Minute}).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := p.loaded(from, 1)["4930555"]
	if least := int64(said*1000) - 200; c.IVRMS == nil || *c.IVRMS < least {
		t.Errorf("a call of %+v, for %.1f s that are said", c, said)
	} else {
		t.Logf("%.1f s are said, the caller was in the menu for %d ms", said, *c.IVRMS)
	}
}
