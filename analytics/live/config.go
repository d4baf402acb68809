package live

import (
	"net/url"
	"strings"
	"time"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/problem"
)

// Config is the part of the section `controller` that says how to reach it and when to call its state stale.
type Config struct {
	Listen   string `yaml:"listen"`    // where the controller's internal HTTP listens: host:port or unix:PATH
	URL      string `yaml:"url"`       // where the API reaches it when that is not listen: http(s)://host[:port]; empty = listen
	TokenEnv string `yaml:"token_env"` // bearer token; empty = none

	Refresh    time.Duration `yaml:"refresh"`     // how often the fold is compared with a whole snapshot
	StaleAfter time.Duration `yaml:"stale_after"` // silence after which the state of now is called stale
	Timeout    time.Duration `yaml:"timeout"`     // of one request, the stream excepted
	Retry      time.Duration `yaml:"retry"`       // first wait before connecting again; doubles to RetryMost
	RetryMost  time.Duration `yaml:"retry_most"`  // longest wait before connecting again
}

// DefaultConfig follows a controller on the same host.
func DefaultConfig() Config {
	return Config{
		Listen:     "127.0.0.1:8071",
		Refresh:    5 * time.Second,
		StaleAfter: 3 * time.Second,
		Timeout:    5 * time.Second,
		Retry:      100 * time.Millisecond,
		RetryMost:  5 * time.Second,
	}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	if _, err := url.Parse(c.URL); c.URL != "" && (err != nil || !isHTTP(c.URL)) {
		out = append(out, problem.Problem{Path: "url", Message: "is not an http or https URL", Mend: "write http://host:port, or leave it empty"})
	}
	if c.URL == "" && c.Listen == "" {
		out = append(out, problem.Problem{Path: "listen", Message: "is empty", Mend: "write host:port or unix:/path"})
	}
	for _, d := range []struct {
		path  string
		value time.Duration
	}{
		{"refresh", c.Refresh}, {"stale_after", c.StaleAfter}, {"timeout", c.Timeout}, {"retry", c.Retry}, {"retry_most", c.RetryMost},
	} {
		if d.value <= 0 {
			out = append(out, problem.Problem{Path: d.path, Message: "must be more than 0", Mend: "leave it out for the default"})
		}
	}
	return out
}

// Client is what a client of that controller needs. getenv reads the token's variable.
func (c Config) Client(getenv func(string) string) controllerclient.Config {
	token := ""
	if c.TokenEnv != "" {
		token = getenv(c.TokenEnv)
	}
	return controllerclient.Config{
		Listen: c.Listen, URL: c.URL, Token: token,
		Timeout: c.Timeout, Patience: c.StaleAfter, Retry: c.Retry, RetryMost: c.RetryMost,
	}
}

func isHTTP(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}
