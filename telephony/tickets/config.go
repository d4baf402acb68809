package tickets

import (
	"net/url"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `integrations`.
type Config struct {
	Tickets LookupConfig `yaml:"tickets"` // the ticket system
	Pop     PopConfig    `yaml:"pop"`     // where the pop is posted to
}

// LookupConfig says where customers and tickets are looked up: in a CSV file or by HTTP, not both; neither = off.
type LookupConfig struct {
	System   string `yaml:"system"`    // name of the ticket system in facts and figures
	CSV      string `yaml:"csv"`       // a file with the columns number,customer,name,ticket,title,status,priority, and owner if known
	URL      string `yaml:"url"`       // or an HTTP endpoint, asked with ?number=… or ?digits=…
	TokenEnv string `yaml:"token_env"` // variable with the bearer token sent to url
	// Workers bounds the look-ups under way at once; more wait, each no longer than its deadline.
	Workers int `yaml:"workers"`
}

// PopConfig says where screen pops are posted besides the agent's page; no URL = nowhere.
type PopConfig struct {
	Webhook   string        `yaml:"webhook"`    // URL each pop is posted to; empty = nowhere
	SecretEnv string        `yaml:"secret_env"` // variable with the secret that signs it
	Timeout   time.Duration `yaml:"timeout"`    // of one attempt
	Attempts  int           `yaml:"attempts"`   // a pop that can't be delivered in so many is failed
	Workers   int           `yaml:"workers"`    // pops under way at once
}

// DefaultConfig has no look-up and no webhook.
func DefaultConfig() Config {
	return Config{
		Tickets: LookupConfig{System: "helpdesk", Workers: 16},
		Pop:     PopConfig{Timeout: 2 * time.Second, Attempts: 3, Workers: 16},
	}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if c.Tickets.CSV != "" && c.Tickets.URL != "" {
		add("tickets.csv", "csv and url are both given", "keep one of them")
	}
	if !isHTTP(c.Tickets.URL) {
		add("tickets.url", "is not an http or https URL", "write https://host/path, or leave it empty")
	}
	if c.Tickets.Workers < 1 {
		add("tickets.workers", "must be at least 1", "16 is the default")
	}
	if !isHTTP(c.Pop.Webhook) {
		add("pop.webhook", "is not an http or https URL", "write https://host/path, or leave it empty")
	}
	if c.Pop.Webhook != "" && c.Pop.SecretEnv == "" {
		add("pop.secret_env", "is missing, so pops could not be signed", "name the variable that holds the secret")
	}
	if c.Pop.Timeout <= 0 {
		add("pop.timeout", "must be more than zero", "2s is the default")
	}
	if c.Pop.Attempts < 1 {
		add("pop.attempts", "must be at least 1", "3 is the default")
	}
	if c.Pop.Workers < 1 {
		add("pop.workers", "must be at least 1", "16 is the default")
	}
	return out
}

func isHTTP(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
