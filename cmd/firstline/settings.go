package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"firstline/analytics/api"
	"firstline/analytics/chdb"
	"firstline/analytics/forget"
	"firstline/analytics/live"
	"firstline/analytics/notify"
	"firstline/analytics/query"
	"firstline/analytics/store"
	"firstline/pipeline/config"
	"firstline/pipeline/kafka"
	"firstline/pipeline/load"
	"firstline/pipeline/log"
	"firstline/pipeline/number"
	"firstline/pipeline/parts"
	"firstline/pipeline/problem"
	"firstline/pipeline/queuelog"
	"firstline/telephony/asterisk"
	"firstline/telephony/callcenter"
	"firstline/telephony/controller"
	"firstline/telephony/ivr"
	"firstline/telephony/prompts"
	"firstline/telephony/recordings"
	"firstline/telephony/tickets"
)

// settings is the whole configuration: each package's own view of the one file.
type settings struct {
	Root       rootConfig
	Node       nodeConfig // section asterisk, as far as Firstline runs Asterisk itself
	Asterisk   asterisk.Config
	Controller controller.Config
	Live       live.Config // section controller, as the API sees it
	Kafka      kafka.Config
	Load       load.Config
	LoadListen healthConfig // section load: its health and metrics
	Log        log.Config   // section log, of every log
	Query      query.Config
	Engine     chdb.Config // section clickhouse, the embedded engine
	Store      store.Config
	QueueLog   queuelog.Config
	QueueReady healthConfig // section queue_log: its health and metrics
	HTTP       api.Config
	Site       api.Site
	Center     callcenter.Config
	Tickets    tickets.Config
	Recordings recordings.Config
	Mail       notify.MailConfig
	Webhooks   notify.HookConfig
	Prompts    prompts.Config // section prompts, but what is said: that is Center's
	Numbers    number.Config  // section callers
	Retention  forget.Config

	Plan *callcenter.Plan
	file *config.File
}

// rootConfig is what the file says outside of sections and belongs to no package.
type rootConfig struct {
	Data string `yaml:"data"` // folder of the log, the embedded engines and the API's small state
}

func defaults() *settings {
	s := &settings{
		Node: defaultNode(), Asterisk: asterisk.DefaultConfig(), Controller: controller.DefaultConfig(), Live: live.DefaultConfig(),
		Kafka: kafka.DefaultConfig(), Load: load.DefaultConfig(), Log: log.DefaultConfig(), Query: query.DefaultConfig(), Engine: chdb.DefaultConfig(), Store: store.DefaultConfig(),
		QueueLog: queuelog.DefaultConfig(), Center: callcenter.DefaultConfig(), HTTP: api.DefaultConfig(), Site: api.DefaultSite(), Tickets: tickets.DefaultConfig(), Recordings: recordings.DefaultConfig(), Mail: notify.DefaultMail(), Webhooks: notify.DefaultHooks(), Prompts: prompts.DefaultConfig(),
	}
	s.Root.Data = "./data"
	return s
}

func (s *settings) views() []config.View {
	return []config.View{
		{Section: "", Into: &s.Root},
		{Section: "", Into: &s.Center},
		{Section: "", Into: &s.Site},
		{Section: "asterisk", Into: &s.Node},
		{Section: "asterisk", Into: &s.Asterisk},
		{Section: "controller", Into: &s.Controller},
		{Section: "controller", Into: &s.Live},
		{Section: "kafka", Into: &s.Kafka},
		{Section: "load", Into: &s.Load},
		{Section: "load", Into: &s.LoadListen},
		{Section: "log", Into: &s.Log},
		{Section: "query", Into: &s.Query},
		{Section: "clickhouse", Into: &s.Engine},
		{Section: "clickhouse", Into: &s.Store},
		{Section: "queue_log", Into: &s.QueueLog},
		{Section: "queue_log", Into: &s.QueueReady},
		{Section: "http", Into: &s.HTTP},
		{Section: "prompts", Into: &s.Prompts},
		{Section: "callers", Into: &s.Numbers},
		{Section: "integrations", Into: &s.Tickets},
		{Section: "recordings", Into: &s.Recordings},
		{Section: "retention", Into: &s.Retention},
		{Section: "mail", Into: &s.Mail},
		{Section: "webhooks", Into: &s.Webhooks},
	}
}

// validate collects every package's word on its part.
func (s *settings) validate() []problem.Problem {
	out := s.plan()
	if s.Root.Data == "" {
		out = append(out, problem.Problem{Path: "data", Message: "is empty", Mend: "name a folder: ./data"})
	}
	for section, problems := range map[string][]problem.Problem{
		"asterisk":     append(s.Node.Validate(), s.Asterisk.Validate()...),
		"controller":   append(s.Controller.Validate(), s.Live.Validate()...),
		"kafka":        s.Kafka.Validate(),
		"load":         s.Load.Validate(),
		"log":          s.Log.Validate(),
		"query":        s.Query.Validate(),
		"clickhouse":   append(s.Engine.Validate(), s.Store.Validate()...),
		"queue_log":    append(s.QueueLog.Validate(), s.ownQueueLog()...),
		"http":         append(s.HTTP.Validate(), s.HTTP.ValidateWith(s.Site)...),
		"prompts":      s.Prompts.Validate(s.Center.Prompts.List),
		"integrations": s.Tickets.Validate(),
		"recordings":   s.Recordings.Validate(),
		"callers":      s.Numbers.Validate(),
		"retention":    append(s.Retention.Validate(), s.ticketsOutlastLogs()...),
		"mail":         s.Mail.Validate(),
		"webhooks":     s.Webhooks.Validate(),
	} {
		out = append(out, problem.At(section, problems)...)
	}
	if _, err := placeOfPrompts(s); err != nil && !errors.Is(err, parts.ErrMissing) {
		out = append(out, problem.Problem{Path: "prompts.folder", Message: err.Error()})
	}
	return append(append(append(out, s.recorded()...), s.Site.Validate()...), s.told()...)
}

// told tells of rules of alerts that nobody would hear of.
func (s *settings) told() []problem.Problem {
	var out []problem.Problem
	for i, r := range s.Site.Alerts.Rules {
		for j, to := range r.Mail {
			if err := s.Mail.Check(to); err != nil {
				out = append(out, problem.Problem{Path: fmt.Sprintf("alerts.rules.%d.mail.%d", i, j), Message: "can't be written to: " + err.Error()})
			}
		}
		if r.Webhook == "" {
			continue
		}
		if err := s.Webhooks.Check(r.Webhook); err != nil {
			out = append(out, problem.Problem{Path: fmt.Sprintf("alerts.rules.%d.webhook", i), Message: "can't be posted to: " + err.Error()})
		}
	}
	return out
}

// ticketsOutlastLogs tells of tickets that are kept for less time than their facts in logs and Kafka. Read from there again, a part of a
// ticket's events may be loaded before the others, and be taken for all of them.
func (s *settings) ticketsOutlastLogs() []problem.Problem {
	if keep := s.Retention.Tickets.Of(); keep == 0 || keep >= s.lasts() {
		return nil
	}
	return []problem.Problem{{Path: "tickets", Message: fmt.Sprintf("is shorter than %s, for which log.retain or kafka.retention keep the same events", s.lasts()),
		Mend: "write a longer time, or a shorter retention.log"}}
}

// recorded tells of queues and flows that record where there is no folder for it.
func (s *settings) recorded() []problem.Problem {
	var out []problem.Problem
	for i, q := range s.Center.Queues {
		if q.Recording.Mode != "" && q.Recording.Mode != callcenter.RecordOff && s.Recordings.Dir == "" {
			out = append(out, problem.Problem{Path: fmt.Sprintf("queues.%d.recording.mode", i), Message: "there is no folder for recordings",
				Mend: "write recordings: {dir: /var/lib/firstline/recordings}"})
		}
	}
	for i, f := range s.Center.IVR {
		if f.Has(ivr.TypeVoicemail) && s.Recordings.Dir == "" {
			out = append(out, problem.Problem{Path: fmt.Sprintf("ivr.%d.nodes", i), Message: "there is no folder for messages that callers leave",
				Mend: "write recordings: {dir: /var/lib/firstline/recordings}"})
		}
	}
	return out
}

// readSettings reads and checks the file; the mistakes are in the order of its lines.
func readSettings(path string) (*settings, []config.Mistake) {
	file, mistakes := config.Read(path)
	if file == nil {
		return nil, mistakes
	}
	s := defaults()
	s.file = file
	s.retainByDefault()
	mistakes = file.Fill(s.views()...)
	s.retainRecordings()
	if len(mistakes) == 0 { // values that could not be read would only give wrong problems
		mistakes = file.Locate(s.validate())
	}
	return s, config.Sort(mistakes)
}

// retainByDefault lets the section retention say what other sections keep for how long, unless they say it themselves: they are filled
// afterwards. What is wrong with it is told when it is filled with them.
func (s *settings) retainByDefault() {
	_ = s.file.Fill(config.View{Section: "retention", Into: &s.Retention})
	if d := s.Retention.Log.Of(); d > 0 {
		s.Log.Retain, s.Kafka.Retention = d, d
	}
	if d := s.Retention.Audit.Of(); d > 0 {
		s.HTTP.AuditKeep = d
	}
}

// retainRecordings does the same for queues, whose defaults are each one's own.
func (s *settings) retainRecordings() {
	talks, messages := s.Retention.Recordings.Of(), s.Retention.Messages.Of()
	for i := range s.Center.Queues {
		at, r := fmt.Sprintf("queues.%d.recording.", i), &s.Center.Queues[i].Recording
		if s.file.Has(at + "keep") {
			continue
		}
		if talks > 0 {
			r.Keep = talks
		}
		if messages > 0 && !s.file.Has(at+"keep_messages") {
			r.KeepMessages = messages
		}
	}
}

// lasts is for how long facts are in the logs and in Kafka, the longer of both.
func (s *settings) lasts() time.Duration { return max(s.Log.Retain, s.Kafka.Retention) }

// loadSettings is readSettings for sub-commands that can't go on with mistakes: they are printed, one a line.
func loadSettings(env *environment) (*settings, error) {
	s, mistakes := readSettings(env.config)
	for _, m := range mistakes {
		_, _ = fmt.Fprintln(env.stderr, m)
	}
	if len(mistakes) > 0 {
		return nil, errShown
	}
	return s, nil
}

// folder returns a folder under data, made when it is missing.
func (s *settings) folder(name string) (string, error) {
	dir, err := filepath.Abs(filepath.Join(s.Root.Data, name))
	if err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", fmt.Errorf("data folder: %w", err)
	}
	return dir, nil
}

// effective is the configuration in force as YAML.
func (s *settings) effective() ([]byte, error) {
	merged := map[string]any{}
	for _, v := range s.views() {
		text, err := yaml.Marshal(v.Into)
		if err != nil {
			return nil, fmt.Errorf("print section %q: %w", v.Section, err)
		}
		part := map[string]any{}
		if err := yaml.Unmarshal(text, &part); err != nil {
			return nil, fmt.Errorf("print section %q: %w", v.Section, err)
		}
		if v.Section != "" {
			part = map[string]any{v.Section: part}
		}
		merge(merged, part)
	}
	return yaml.Marshal(merged)
}

// merge puts b into a, mappings and lists of mappings item by item, so that several views of one section make one.
func merge(a, b map[string]any) {
	for key, value := range b {
		switch value := value.(type) {
		case map[string]any:
			if under, ok := a[key].(map[string]any); ok {
				merge(under, value)
				continue
			}
		case []any:
			if under, ok := a[key].([]any); ok && len(under) == len(value) {
				for i := range value {
					x, okX := under[i].(map[string]any)
					y, okY := value[i].(map[string]any)
					if okX && okY {
						merge(x, y)
					}
				}
				continue
			}
		}
		a[key] = value
	}
}
