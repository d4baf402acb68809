package registry

import "testing"

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		path   string // of the mistake; "" = none
	}{
		"default":      {func(*Config) {}, ""},
		"by variable":  {func(c *Config) { c.PostgresEnv = "STATE" }, ""},
		"by file":      {func(c *Config) { c.PostgresFile = "/run/secrets/state" }, ""},
		"by both":      {func(c *Config) { c.PostgresEnv, c.PostgresFile = "STATE", "/run/secrets/state" }, "postgres_file"},
		"no pool":      {func(c *Config) { c.Connections = 0 }, "connections"},
		"a pool of -1": {func(c *Config) { c.Connections = -1 }, "connections"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		got := ""
		for _, p := range cfg.Validate() {
			got += p.Path
		}
		if got != c.path {
			t.Errorf("%s: mistakes at %q, want %q", name, got, c.path)
		}
	}
}
