package api

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/analytics/alert"
	"firstline/analytics/registry"
	"firstline/pipeline/problem"
	"firstline/pipeline/schedule"
)

// Config is the section `http`.
type Config struct {
	Listen            string        `yaml:"listen"`              // host:port; port 0 = any free one
	TLSCert           string        `yaml:"tls_cert"`            // PEM file of the certificate, with those that it leans on; none = no TLS here, a proxy may have it
	TLSKey            string        `yaml:"tls_key"`             // PEM file of its key
	PublicURL         string        `yaml:"public_url"`          // where browsers reach it: decides Origin, Host and Secure cookies
	Hosts             []string      `yaml:"hosts"`               // more host names it may be called by, with port unless 80 or 443
	TrustedProxies    []string      `yaml:"trusted_proxies"`     // addresses or networks whose X-Real-IP is believed
	Users             []User        `yaml:"users"`               // supervisors, admins and integrators; agents sign in by their own entries
	OIDC              OIDC          `yaml:"oidc"`                // signing in at an identity provider
	SessionLife       time.Duration `yaml:"session_life"`        // a session ends so long after the sign-in
	AuditKeep         time.Duration `yaml:"audit_keep"`          // entries of the audit log are deleted after it
	Heartbeat         time.Duration `yaml:"heartbeat"`           // of the live streams
	MaxStreams        int           `yaml:"max_streams"`         // live streams at once, and a twentieth of it for one session
	ExportsPerUser    int           `yaml:"exports_per_user"`    // whole lists as files that one user or key may have sent at once
	ExportRows        int           `yaml:"export_rows"`         // of one file; one that would have more is broken off
	RequestsPerMinute int           `yaml:"requests_per_minute"` // of one user, of one key, and of one address while nobody is signed in; live streams apart
	QueryTimeout      time.Duration `yaml:"query_timeout"`       // of one report
	Demo              bool          `yaml:"demo"`                // serve the demo ticket page

	State registry.Config `yaml:"state"` // where users, sessions, keys and the audit log are kept
}

// User is a supervisor, admin or integrator; agents sign in by their own entries.
type User struct {
	Name             string   `yaml:"name"`               // to sign in with
	Role             Role     `yaml:"role"`               // what he may; agents have entries of their own
	PasswordHashEnv  string   `yaml:"password_hash_env"`  // variable that holds the argon2id hash, made by `firstline hash`
	PasswordHashFile string   `yaml:"password_hash_file"` // or the file that holds it
	Queues           []string `yaml:"queues"`             // ids of the queues he is limited to: docs/security.md; none = all
	Teams            []string `yaml:"teams"`              // teams of agents he is limited to; none = all
	Masked           bool     `yaml:"masked"`             // of callers' numbers he sees the last three digits, of names nothing
	Phone            string   `yaml:"phone"`              // id of the agent with whose phone he listens to talks: docs/listen.md; empty = he can't
}

// Site is what the API reads of the rest of firstline.yaml: the whole file decodes into it.
type Site struct {
	Agents       []AgentConfig `yaml:"agents"`
	Seats        []SeatConfig  `yaml:"seats"`
	Queues       []QueueConfig `yaml:"queues"`
	PauseReasons []PauseReason `yaml:"pause_reasons"`
	Dispositions []string      `yaml:"dispositions"`
	IVR          []Flow        `yaml:"ivr"`
	Integrations Integrations  `yaml:"integrations"`

	Schedules []schedule.Schedule `yaml:"schedules"`

	Alerts alert.Config `yaml:"alerts"` // rules that tell when something is wrong: docs/alerts.md
}

// AgentConfig is an agent as the API knows him.
type AgentConfig struct {
	ID          string   `yaml:"id"`
	Name        string   `yaml:"name"`
	Endpoint    string   `yaml:"endpoint"`
	Queues      []string `yaml:"queues"`
	Teams       []string `yaml:"teams"`
	PinHashEnv  string   `yaml:"pin_hash_env"`
	PinHashFile string   `yaml:"pin_hash_file"`
}

// PauseReason is what an agent may give as the reason of a pause. Written as a text alone it is the name.
type PauseReason struct {
	Name string `yaml:"name"`
}

// UnmarshalText reads the short form.
func (r *PauseReason) UnmarshalText(name []byte) error {
	r.Name = string(name)
	return nil
}

// SeatConfig is a phone at which agents sit who have none of their own.
type SeatConfig struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Endpoint string `yaml:"endpoint"`
}

// QueueConfig is a queue's name and the parameters of its figures.
type QueueConfig struct {
	ID           string          `yaml:"id"`
	Name         string          `yaml:"name"`
	ServiceLevel *time.Duration  `yaml:"service_level"`
	ShortAbandon *time.Duration  `yaml:"short_abandon"`
	Recording    RecordingConfig `yaml:"recording"`
}

// RecordingConfig is what the API needs of a queue's rule: pages offer to record where the agent may ask for it.
type RecordingConfig struct {
	Mode string `yaml:"mode"`
}

const (
	recordOff      = "off"
	recordOnDemand = "demand"
)

// Defaults of a queue whose entry doesn't say.
const (
	defaultServiceLevel = 20 * time.Second
	defaultShortAbandon = 5 * time.Second
)

// UnmarshalYAML lets a queue begin with its defaults, so that what is printed as in force is.
func (q *QueueConfig) UnmarshalYAML(decode func(any) error) error {
	type plain QueueConfig
	level, short := defaultServiceLevel, defaultShortAbandon
	*q = QueueConfig{ServiceLevel: &level, ShortAbandon: &short, Recording: RecordingConfig{Mode: recordOff}}
	return decode((*plain)(q))
}

// Flow is what the API needs of a menu flow: the languages its options choose.
type Flow struct {
	ID    string              `yaml:"id"`
	Nodes map[string]FlowNode `yaml:"nodes"`
}

// FlowNode is a node of a flow.
type FlowNode struct {
	Options map[string]FlowOption `yaml:"options"`
}

// FlowOption is an option of a menu.
type FlowOption struct {
	Language string `yaml:"language"`
}

// Integrations is the section `integrations` as far as the API serves it.
type Integrations struct {
	Tickets TicketIntegration `yaml:"tickets"`
}

// TicketIntegration verifies the ticket system's webhook and links to its tickets.
type TicketIntegration struct {
	System    string `yaml:"system"` // name of the ticket system in facts and figures
	TicketURL string `yaml:"ticket_url"`
	Schedule  string `yaml:"schedule"` // id of the schedule whose hours are the tickets' business hours; empty = the wall clock only

	Targets map[string]TargetConfig `yaml:"targets"` // what is promised for tickets of each priority, default for all others: docs/tickets.md

	WebhookSecretEnv  string `yaml:"webhook_secret_env"`  // variable with the secret that signs POST /api/v1/tickets/events; none = it is refused
	WebhookSecretFile string `yaml:"webhook_secret_file"` // or the file that holds it
}

// DefaultConfig listens on loopback.
func DefaultConfig() Config {
	return Config{
		Listen:            "127.0.0.1:8080",
		PublicURL:         "http://127.0.0.1:8080",
		OIDC:              defaultOIDC(),
		SessionLife:       12 * time.Hour,
		AuditKeep:         365 * 24 * time.Hour,
		Heartbeat:         2 * time.Second,
		MaxStreams:        2000,
		ExportsPerUser:    2,
		ExportRows:        1_000_000,
		RequestsPerMinute: 3000,
		QueryTimeout:      30 * time.Second,
		State:             registry.DefaultConfig(),
	}
}

// DefaultSite has no agents and queues.
func DefaultSite() Site {
	return Site{Integrations: Integrations{Tickets: TicketIntegration{System: "helpdesk"}}, Alerts: alert.DefaultConfig()}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || !isPort(port) {
		add("listen", "is not host:port", "write 127.0.0.1:8080")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		add("public_url", "is not http(s)://host[:port] without a path", "write the address that browsers open")
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		add("tls_key", "tls_cert and tls_key belong together", "give both or none")
	case c.TLSCert != "" && !strings.HasPrefix(c.PublicURL, "https://"):
		add("public_url", "is not https, though tls_cert is set: browsers would not be told to keep the session to themselves", "write the https:// address that browsers open")
	}
	for i, p := range c.TrustedProxies {
		if net.ParseIP(p) == nil {
			if _, _, err := net.ParseCIDR(p); err != nil {
				add("trusted_proxies."+strconv.Itoa(i), "is neither an address nor a network", "write 10.0.0.1 or 10.0.0.0/8")
			}
		}
	}
	for _, d := range []struct {
		path  string
		value time.Duration
	}{{"session_life", c.SessionLife}, {"audit_keep", c.AuditKeep}, {"heartbeat", c.Heartbeat}, {"query_timeout", c.QueryTimeout}} {
		if d.value <= 0 {
			add(d.path, "must be more than 0", "leave it out for the default")
		}
	}
	if c.MaxStreams < 1 {
		add("max_streams", "must be at least 1", "leave it out for the default")
	}
	if c.ExportsPerUser < 1 {
		add("exports_per_user", "must be at least 1", "leave it out for the default")
	}
	if c.ExportRows < 1 || c.ExportRows > sheetRows {
		add("export_rows", "is not between 1 and "+strconv.Itoa(sheetRows)+", what a workbook holds", "leave it out for the default")
	}
	if c.RequestsPerMinute < 1 {
		add("requests_per_minute", "must be at least 1", "leave it out for the default")
	}
	out = append(out, problem.At("state", c.State.Validate())...)
	out = append(out, c.users()...)
	out = append(out, c.OIDC.validate()...)
	if !loopback(c.Listen) && len(c.Users) == 0 && c.OIDC.Issuer == "" {
		add("listen", "is reachable from other machines, but nobody can sign in: no users are set", "add users with a password hash, or an identity provider (oidc), or listen on 127.0.0.1")
	}
	return out
}

func (c Config) users() []problem.Problem {
	var out []problem.Problem
	names := map[string]bool{}
	for i, u := range c.Users {
		at := "users." + strconv.Itoa(i)
		switch {
		case u.Name == "":
			out = append(out, problem.Problem{Path: at, Message: "has no name", Mend: "add name: …"})
		case names[u.Name]:
			out = append(out, problem.Problem{Path: at + ".name", Message: "is there twice", Mend: "rename one of them"})
		}
		names[u.Name] = true
		if !slices.Contains(staffRoles(), u.Role) {
			out = append(out, problem.Problem{Path: at + ".role", Message: "is not a role of users", Mend: "write supervisor, admin or integrator; agents have their own entries"})
		}
		if limits := (Limits{u.Queues, u.Teams}); u.Role == RoleAdmin && !limits.none() {
			out = append(out, problem.Problem{Path: at, Message: "is an admin limited to queues or teams, who could make himself a key for all", Mend: "make him a supervisor, or leave queues and teams out"})
		}
		if u.Role == RoleAdmin && u.Masked {
			out = append(out, problem.Problem{Path: at + ".masked", Message: "is set for an admin, who could make himself a key that shows numbers", Mend: "make him a supervisor, or leave masked out"})
		}
		if (u.PasswordHashEnv == "") == (u.PasswordHashFile == "") {
			out = append(out, problem.Problem{Path: at, Message: "needs one of password_hash_env and password_hash_file", Mend: "make a hash with `firstline hash` and name the variable that holds it"})
		}
	}
	return out
}

// Validate tells what is wrong in what only the API reads; paths are those of the whole file.
func (s Site) Validate() []problem.Problem {
	var out []problem.Problem
	for i, a := range s.Agents {
		if a.PinHashEnv != "" && a.PinHashFile != "" {
			out = append(out, problem.Problem{Path: "agents." + strconv.Itoa(i), Message: "has both pin_hash_env and pin_hash_file", Mend: "keep one of them"})
		}
	}
	t := s.Integrations.Tickets
	if t.WebhookSecretEnv != "" && t.WebhookSecretFile != "" {
		out = append(out, problem.Problem{Path: "integrations.tickets", Message: "has both webhook_secret_env and webhook_secret_file", Mend: "keep one of them"})
	}
	if t.System == "" {
		out = append(out, problem.Problem{Path: "integrations.tickets.system", Message: "is empty", Mend: "name the ticket system: helpdesk"})
	}
	if ids := s.scheduleIDs(); t.Schedule != "" && !slices.Contains(ids, t.Schedule) {
		mend := "define it under schedules, or leave it out"
		if len(ids) > 0 {
			mend = "name one of " + strings.Join(ids, ", ") + ", or leave it out"
		}
		out = append(out, problem.Problem{Path: "integrations.tickets.schedule", Message: fmt.Sprintf("schedule %q is not defined", t.Schedule), Mend: mend})
	}
	return append(append(out, t.targets()...), s.alertProblems()...)
}

// alertProblems tells what is wrong with the rules of the section alerts.
func (s Site) alertProblems() []problem.Problem {
	out := problem.At("alerts", s.Alerts.Validate())
	for i, r := range s.Alerts.Rules {
		for _, p := range s.unknownTo(r) {
			out = append(out, problem.At("alerts.rules."+strconv.Itoa(i), []problem.Problem{p})...)
		}
	}
	return out
}

// unknownTo tells which queues and which schedule a rule names that there are not.
func (s Site) unknownTo(r alert.Rule) []problem.Problem {
	var out []problem.Problem
	if _, name := s.unknown(Limits{Queues: r.Queues}); name != "" {
		out = append(out, problem.Problem{Path: "queues", Message: fmt.Sprintf("queue %q is not defined", name), Mend: "name queues of the list queues"})
	}
	if r.Schedule != "" && !slices.Contains(s.scheduleIDs(), r.Schedule) {
		out = append(out, problem.Problem{Path: "schedule", Message: fmt.Sprintf("schedule %q is not defined", r.Schedule), Mend: "define it under schedules"})
	}
	return out
}

func (s Site) scheduleIDs() []string {
	var ids []string
	for _, one := range s.Schedules {
		ids = append(ids, one.ID)
	}
	return ids
}

// ticketSchedule is the schedule by which tickets have their business hours, as facts carry it; empty without one.
func (s Site) ticketSchedule() string {
	for _, one := range s.Schedules {
		if one.ID == s.Integrations.Tickets.Schedule {
			return one.Text()
		}
	}
	return ""
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

// loopback says whether a listening address is reached from this host only.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
