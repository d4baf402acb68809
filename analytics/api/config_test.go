package api

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"firstline/analytics/registry"
	"firstline/pipeline/problem"
)

func paths(problems []problem.Problem) string {
	var out []string
	for _, p := range problems {
		if p.Message == "" || p.Mend == "" {
			out = append(out, p.Path+" says too little")
			continue
		}
		out = append(out, p.Path)
	}
	return strings.Join(out, " ")
}

// The shipped configuration decodes into the API's views and has no mistakes.
func TestShippedConfiguration(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", "firstline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := struct {
		HTTP Config `yaml:"http"`
		Site `yaml:",inline"`
	}{DefaultConfig(), DefaultSite()}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if got := paths(append(file.HTTP.Validate(), file.Validate()...)); got != "" {
		t.Error(got)
	}
	if len(file.HTTP.Users) == 0 || len(file.Agents) == 0 || len(file.Queues) == 0 || len(file.PauseReasons) == 0 || file.Integrations.Tickets.TicketURL == "" {
		t.Errorf("%+v", file)
	}
	a := &API{}
	a.setup.Store(&setup{site: file.Site})
	if got := strings.Join(a.languages(), " "); got != "en ru" {
		t.Errorf("languages %s", got)
	}
}

func TestTicketScheduleIsDefined(t *testing.T) {
	for _, c := range []struct {
		change func(*Site)
		want   string
	}{
		{withSchedule, ""},
		{func(s *Site) { s.Integrations.Tickets.Schedule = "office" }, "define it under schedules, or leave it out"},
		{func(s *Site) { withSchedule(s); s.Integrations.Tickets.Schedule = "offce" }, "name one of office, or leave it out"},
	} {
		s := DefaultSite()
		c.change(&s)
		var got string
		for _, p := range s.Validate() {
			got += p.Mend
			if p.Path != "integrations.tickets.schedule" {
				t.Errorf("%+v", p)
			}
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"defaults", func(*Config) {}, ""},
		{"any port", func(c *Config) { c.Listen = "127.0.0.1:0" }, ""},
		{"IPv6", func(c *Config) { c.Listen = "[::1]:8080" }, ""},
		{"no port", func(c *Config) { c.Listen = "localhost" }, "listen listen"},
		{"odd port", func(c *Config) { c.Listen = "127.0.0.1:http" }, "listen"},
		{"public path", func(c *Config) { c.PublicURL = "http://desk.example/app" }, "public_url"},
		{"public scheme", func(c *Config) { c.PublicURL = "desk.example" }, "public_url"},
		{"proxies", func(c *Config) { c.TrustedProxies = []string{"10.0.0.1", "10.0.0.0/8", "gateway"} }, "trusted_proxies.2"},
		{"times", func(c *Config) { c.SessionLife, c.Heartbeat, c.QueryTimeout, c.MaxStreams = 0, 0, 0, 0 }, "session_life heartbeat query_timeout max_streams"},
		{"exports", func(c *Config) { c.ExportsPerUser, c.ExportRows = 0, 1<<20 }, "exports_per_user export_rows"},
		{"open without users", func(c *Config) { c.Listen = "0.0.0.0:8080" }, "listen"},
		{"open by no host", func(c *Config) { c.Listen = ":8080" }, "listen"},
		{"users", func(c *Config) {
			c.Users = []User{
				{Name: "a", Role: RoleAdmin, PasswordHashEnv: "X"}, {Name: "a", Role: RoleAdmin, PasswordHashFile: "x"}, {Role: RoleSupervisor, PasswordHashEnv: "X"},
				{Name: "b", Role: RoleAgent, PasswordHashEnv: "X"}, {Name: "c", Role: RoleIntegrator}, {Name: "d", Role: RoleIntegrator, PasswordHashEnv: "X", PasswordHashFile: "x"},
			}
		}, "users.1.name users.2 users.3.role users.4 users.5"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		if got := paths(cfg.Validate()); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	site := DefaultSite()
	site.Agents = []AgentConfig{{ID: "a", PinHashEnv: "X", PinHashFile: "x"}}
	site.Integrations.Tickets = TicketIntegration{WebhookSecretEnv: "X", WebhookSecretFile: "x"}
	if got := paths(site.Validate()); got != "agents.0 integrations.tickets integrations.tickets.system" {
		t.Error(got)
	}
}

func TestSecrets(t *testing.T) {
	hash := cheapHash
	file := filepath.Join(t.TempDir(), "hash")
	if err := os.WriteFile(file, []byte(hash+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GOOD": hash, "BAD": "hunter2", "SECRET": " s \n"}
	getenv := func(k string) string { return env[k] }
	cfg, site := DefaultConfig(), DefaultSite()
	cfg.Users = []User{{Name: "a", Role: RoleAdmin, PasswordHashEnv: "GOOD"}, {Name: "b", Role: RoleAdmin, PasswordHashFile: file}}
	site.Agents = []AgentConfig{{ID: "x", Name: "X", PinHashEnv: "GOOD"}, {ID: "phone only"}}
	site.Integrations.Tickets.WebhookSecretEnv = "SECRET"
	found, problems := readSecrets(cfg, site, getenv)
	if len(problems) > 0 || len(found.users) != 3 || found.users["b"].hash != hash || found.users["x"].role != RoleAgent || found.webhook != "s" {
		t.Errorf("%+v, %v", found, problems)
	}

	cfg.Users = []User{
		{Name: "a", PasswordHashEnv: "BAD"}, {Name: "b", PasswordHashEnv: "UNSET"}, {Name: "c", PasswordHashFile: file + "x"}, {Name: "d", PasswordHashFile: empty},
		{Name: "x", PasswordHashEnv: "GOOD"}, {Name: "e", PasswordHashEnv: "GOOD", Phone: "nobody"},
	}
	site.Agents = append(site.Agents, AgentConfig{ID: "y", PinHashEnv: "BAD"})
	site.Integrations.Tickets.WebhookSecretEnv = "UNSET"
	problems = CheckSecrets(cfg, site, getenv)
	if got := paths(problems); got != "http.users.0 http.users.1 http.users.2 http.users.3 http.users.5.phone agents.0.id agents.2 integrations.tickets" {
		t.Error(got)
	}
	for _, p := range problems {
		if strings.Contains(p.Message, "hunter2") {
			t.Errorf("%s shows the secret", p.Message)
		}
	}
}

// Beyond loopback nothing listens while a credential is missing.
func TestNothingListensOutsideWithoutCredentials(t *testing.T) {
	state, err := registry.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = state.Close() }()
	cfg := DefaultConfig()
	cfg.Listen = "0.0.0.0:0"
	cfg.Users = []User{{Name: "a", Role: RoleAdmin, PasswordHashEnv: "UNSET"}}
	deps := Deps{Log: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "" }, Registry: prometheus.NewRegistry(), State: state}
	if _, err := New(cfg, DefaultSite(), deps); err == nil || !strings.Contains(err.Error(), "reachable from other machines") {
		t.Errorf("got %v", err)
	}
	cfg.Listen = "127.0.0.1:0"
	if _, err := New(cfg, DefaultSite(), deps); err != nil {
		t.Errorf("on loopback it only warns: %v", err)
	}
}
