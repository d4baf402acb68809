package chdb

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		path   string // of the first problem, "" for none
	}{
		"default":            {func(*Config) {}, ""},
		"outside":            {func(c *Config) { c.Embedded, c.Connections, c.URL = false, 0, "https://ch.example" }, ""},
		"all interfaces":     {func(c *Config) { c.Listen = "0.0.0.0:8123" }, "listen"},
		"with password":      {func(c *Config) { c.Listen, c.PasswordEnv = "0.0.0.0:8123", "X" }, ""},
		"host name":          {func(c *Config) { c.URL = "http://db.example:8123" }, "listen"},
		"localhost":          {func(c *Config) { c.URL = "http://localhost" }, ""},
		"ipv6":               {func(c *Config) { c.URL = "http://[::1]:8123" }, ""},
		"https":              {func(c *Config) { c.URL = "https://127.0.0.1:8443" }, "listen"},
		"no port":            {func(c *Config) { c.Listen = "127.0.0.1" }, "listen"},
		"one connection":     {func(c *Config) { c.Connections = 1 }, "connections"},
		"negative waiting":   {func(c *Config) { c.Waiting = -1 }, "waiting"},
		"no wait":            {func(c *Config) { c.MaxWait = 0 }, "max_wait"},
		"no memory":          {func(c *Config) { c.MaxQueryMemoryMB = 0 }, "max_query_memory_mb"},
		"no user":            {func(c *Config) { c.Username = "" }, "username"},
		"negative drain":     {func(c *Config) { c.Drain = -1 }, "drain"},
		"not an address":     {func(c *Config) { c.URL = "://" }, "listen"},
		"an address of none": {func(c *Config) { c.URL = "" }, "listen"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		problems := cfg.Validate()
		switch {
		case c.path == "" && len(problems) > 0:
			t.Errorf("%s: %+v", name, problems)
		case c.path != "" && (len(problems) == 0 || problems[0].Path != c.path || problems[0].Mend == ""):
			t.Errorf("%s: %+v, want a problem of %s with its mend", name, problems, c.path)
		}
	}
}

func TestAddress(t *testing.T) {
	for url, want := range map[string]string{
		"http://localhost": "localhost:8123", "http://127.0.0.1:9000/": "127.0.0.1:9000", "http://[::1]": "[::1]:8123",
	} {
		if got, err := (Config{URL: url}).Address(); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", url, got, err, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	cfg := DefaultConfig()
	cfg.PasswordEnv = "UNSET"
	if _, err := New(cfg, t.TempDir(), func(string) string { return "" }, nil, nil); err == nil || !strings.Contains(err.Error(), "UNSET") {
		t.Errorf("a password that is not set: %v", err)
	}
	cfg = DefaultConfig()
	cfg.Embedded = false
	if _, err := New(cfg, t.TempDir(), nil, nil, nil); err == nil || !strings.Contains(err.Error(), "embedded is false") {
		t.Errorf("nothing to run: %v", err)
	}
}
