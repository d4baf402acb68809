package callcenter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// PromptsConfig is what the core checks of the section prompts; telephony/prompts reads the rest. The plan has no part of
// it: where a prompt is played its id is all that is needed, so a text can change without a new plan.
type PromptsConfig struct {
	Languages []string     `yaml:"languages"` // those calls come with, as Asterisk's channels have them; the menus' options add theirs
	List      []ivr.Prompt `yaml:"list"`      // what the site says itself: prompt:ID in a list of media plays it
}

// DefaultPrompts has no prompt. Its language is Asterisk's own default.
func DefaultPrompts() PromptsConfig { return PromptsConfig{Languages: []string{"en"}} }

// played is a list of media somewhere in the plan, and the languages in which it can be heard.
type played struct {
	path      string // "ivr.0.nodes.greeting.media"
	names     []string
	languages []string
}

// played are all lists of media that the configuration names: of the feature codes, the flows, the incidents, the queues.
func (c Config) played() []played {
	languages := c.agentLanguages()
	var list []played
	f := c.Features
	for _, m := range []struct {
		key   string
		names []string
	}{{"login", f.LoginMedia}, {"logout", f.LogoutMedia}, {"ready", f.ReadyMedia}, {"pause", f.PauseMedia}, {"error", f.ErrorMedia}} {
		list = append(list, played{"features." + m.key + "_media", m.names, languages})
	}
	if len(c.Seats) > 0 {
		list = append(list, played{"features.number_media", f.NumberMedia, languages}, played{"features.pin_media", f.PINMedia, languages},
			played{"features.wrong_media", f.WrongMedia, languages})
	}
	told := map[string]bool{}        // languages of who comes to hear of incidents
	waiting := map[string][]string{} // queue → languages of who waits there
	var dialled []string
	for _, q := range c.Queues {
		if q.Extension != "" {
			dialled = append(dialled, q.ID)
		}
	}
	for i, flow := range c.IVR {
		var come []string
		if slices.ContainsFunc(c.Entries, func(e EntryConfig) bool { return e.Flow == flow.ID }) {
			come = languages
		}
		for _, s := range flow.Sounds(come) {
			list = append(list, played{fmt.Sprintf("ivr.%d.%s", i, s.Path), s.Names, s.Languages})
		}
		for _, language := range flow.Tells(come) {
			told[language] = true
		}
		for _, j := range flow.Joins(come, dialled) {
			waiting[j.Queue] = append(waiting[j.Queue], j.Languages...)
		}
	}
	for i, in := range c.Incidents {
		list = append(list, played{fmt.Sprintf("incidents.%d.media", i), in.Media, slices.Sorted(maps.Keys(told))})
	}
	return append(list, c.playedInQueues(waiting)...)
}

// agentLanguages are those that channels come with, those of agents' phones among them.
func (c Config) agentLanguages() []string {
	if len(c.Prompts.Languages) == 0 {
		return DefaultPrompts().Languages
	}
	return c.Prompts.Languages
}

// playedInQueues takes callers from queue to queue as they overflow; waiting is changed.
func (c Config) playedInQueues(waiting map[string][]string) []played {
	for range c.Queues { // no chain is longer
		for _, q := range c.Queues {
			for _, language := range waiting[q.ID] {
				if q.Overflow != "" && !slices.Contains(waiting[q.Overflow], language) {
					waiting[q.Overflow] = append(waiting[q.Overflow], language)
				}
			}
		}
	}
	var list []played
	var handed []string // languages of who may be handed on to a queue, and be told there that he is recorded
	for _, q := range c.Queues {
		handed = append(handed, waiting[q.ID]...)
	}
	slices.Sort(handed)
	handed = slices.Compact(handed)
	for i, q := range c.Queues {
		slices.Sort(waiting[q.ID])
		languages := slices.Compact(waiting[q.ID])
		at := fmt.Sprintf("queues.%d.", i)
		list = append(list,
			played{at + "overflow_media", q.OverflowMedia, languages},
			played{at + "full_media", q.FullMedia, languages},
			played{at + "empty_media", q.EmptyMedia, languages},
			played{at + "comfort_media", q.ComfortMedia, languages},
			played{at + "whisper_media", q.WhisperMedia, c.agentLanguages()},
			played{at + "wait_media", withoutPlaces(q.WaitMedia), languages},
			played{at + "callback.greeting", q.Callback.Greeting, languages},
			played{at + "recording.announce", q.Recording.Announce, handed})
	}
	return list
}

// withoutPlaces leaves out what stands for the expected wait.
func withoutPlaces(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == saidFrom || n == saidUntil })
}

// Heard is what can be heard in a language.
type Heard struct {
	Language string
	Media    []string // ARI URIs, or prompt:ID; in order, each once
}

// Heard is all that the configuration plays, by language.
func (c Config) Heard() []Heard {
	media := map[string][]string{}
	for _, p := range c.played() {
		for _, language := range p.languages {
			media[language] = append(media[language], ivr.MediaURIs(ivr.WithDigits(p.names))...)
		}
	}
	var list []Heard
	for _, language := range slices.Sorted(maps.Keys(media)) {
		slices.Sort(media[language])
		list = append(list, Heard{language, slices.Compact(media[language])})
	}
	return list
}

// use is a prompt in a list of media.
type use struct {
	path      string // "ivr.0.nodes.greeting.media.1"
	id        string
	languages []string
}

func (c Config) uses() []use {
	var list []use
	for _, p := range c.played() {
		for i, name := range p.names {
			if id, ok := ivr.PromptOf(name); ok {
				list = append(list, use{p.path + "." + strconv.Itoa(i), id, p.languages})
			}
		}
	}
	return list
}

// mediaProblems names what can't be played: mistakes in the prompts themselves, prompts that are not defined, and those
// that say nothing in a language in which a caller can come to hear them.
func (c Config) mediaProblems() []problem.Problem {
	out := problem.At("prompts.list", ivr.ValidatePrompts(c.Prompts.List))
	for _, p := range c.played() {
		if !strings.HasPrefix(p.path, "ivr.") && !strings.HasPrefix(p.path, "incidents.") { // those are looked at elsewhere
			out = append(out, problem.At(p.path, ivr.ValidateMedia(p.names))...)
		}
	}
	told := map[string]bool{} // each silence once, wherever it can be heard
	for _, u := range c.uses() {
		i := slices.IndexFunc(c.Prompts.List, func(p ivr.Prompt) bool { return p.ID == u.id })
		if i < 0 {
			out = append(out, problem.Problem{Path: u.path, Message: fmt.Sprintf("prompt %q is not defined", u.id), Mend: c.promptsThere()})
			continue
		}
		for _, language := range u.languages {
			if key := u.id + " " + language; !told[key] && !c.Prompts.List[i].Speaks(language) {
				told[key] = true
				out = append(out, problem.Problem{Path: fmt.Sprintf("prompts.list.%d", i),
					Message: fmt.Sprintf("prompt %q says nothing in %s, and a caller can come to hear it so (%s)", u.id, language, u.path),
					Mend:    "write text or file for " + language})
			}
		}
	}
	return out
}

func (c Config) promptsThere() string {
	var ids []string
	for _, p := range c.Prompts.List {
		ids = append(ids, p.ID)
	}
	return strings.TrimSuffix("define it under prompts.list, or name one of "+strings.Join(ids, ", "), ", or name one of ")
}

// Unused names the prompts that nothing plays. They do no harm: the plan is right with them.
func (c Config) Unused() []problem.Problem {
	named := map[string]bool{}
	for _, u := range c.uses() {
		named[u.id] = true
	}
	var out []problem.Problem
	for i, p := range c.Prompts.List {
		if !named[p.ID] {
			out = append(out, problem.Problem{Path: fmt.Sprintf("prompts.list.%d", i), Message: fmt.Sprintf("nothing plays prompt %q", p.ID),
				Mend: "write " + ivr.PromptScheme + p.ID + " where it is to be heard, or take it out"})
		}
	}
	return out
}
