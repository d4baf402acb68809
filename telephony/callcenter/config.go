package callcenter

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"firstline/pipeline/problem"
	"firstline/telephony/ivr"
)

// Config is the part of firstline.yaml the plan is made of. Decode the whole file into it; other sections are others'.
type Config struct {
	Node         string             `yaml:"node"`
	PauseReasons []string           `yaml:"pause_reasons"`
	Dispositions []string           `yaml:"dispositions"`
	Queues       []QueueConfig      `yaml:"queues"`
	Agents       []AgentConfig      `yaml:"agents"`
	Features     FeaturesConfig     `yaml:"features"`
	Schedules    []ivr.Schedule     `yaml:"schedules"`
	Entries      []EntryConfig      `yaml:"entries"`
	IVR          []ivr.Flow         `yaml:"ivr"`
	Integrations IntegrationsConfig `yaml:"integrations"`
}

// QueueConfig is one queue. What is not written takes the default; media written as an empty list are silence.
type QueueConfig struct {
	ID            string         `yaml:"id"`
	Name          string         `yaml:"name"`
	Priority      int            `yaml:"priority"`
	RingTimeout   *time.Duration `yaml:"ring_timeout"`
	WrapUp        time.Duration  `yaml:"wrap_up"`
	WrapUpExtend  time.Duration  `yaml:"wrap_up_extend"`
	MaxMissed     int            `yaml:"max_missed"`
	RetryDelay    *time.Duration `yaml:"retry_delay"`
	MaxWait       time.Duration  `yaml:"max_wait"`
	Overflow      string         `yaml:"overflow"`
	OverflowMedia []string       `yaml:"overflow_media"`
	MaxLength     int            `yaml:"max_length"`
	JoinEmpty     bool           `yaml:"join_empty"`
	Music         string         `yaml:"music"`
	AnnounceFirst time.Duration  `yaml:"announce_first"`
	AnnounceEvery time.Duration  `yaml:"announce_every"`
	ServiceLevel  *time.Duration `yaml:"service_level"`
	ShortAbandon  *time.Duration `yaml:"short_abandon"`
	FullMedia     []string       `yaml:"full_media"`
	EmptyMedia    []string       `yaml:"empty_media"`
}

// AgentConfig is one agent. PinHashEnv, PinHashFile and Teams are the API's; they are no part of the plan.
type AgentConfig struct {
	ID          string         `yaml:"id"`
	Name        string         `yaml:"name"`
	Endpoint    string         `yaml:"endpoint"`
	Queues      []string       `yaml:"queues"`
	Skills      map[string]int `yaml:"skills"`
	WrapUp      *time.Duration `yaml:"wrap_up"`
	PinHashEnv  string         `yaml:"pin_hash_env"`
	PinHashFile string         `yaml:"pin_hash_file"`
	Teams       []string       `yaml:"teams"`
}

// FeaturesConfig is the codes agents dial and what they hear.
type FeaturesConfig struct {
	Login       string   `yaml:"login"`
	Logout      string   `yaml:"logout"`
	Ready       string   `yaml:"ready"`
	Pause       string   `yaml:"pause"`
	LoginMedia  []string `yaml:"login_media"`
	LogoutMedia []string `yaml:"logout_media"`
	ReadyMedia  []string `yaml:"ready_media"`
	PauseMedia  []string `yaml:"pause_media"`
	ErrorMedia  []string `yaml:"error_media"`
}

// EntryConfig says which flow answers a dialled number.
type EntryConfig struct {
	Number string `yaml:"number"`
	Flow   string `yaml:"flow"`
}

// IntegrationsConfig is what the core needs of the section integrations.
type IntegrationsConfig struct {
	Tickets TicketsConfig `yaml:"tickets"`
}

// TicketsConfig is what the core needs of the ticket system; telephony/tickets reads the rest.
type TicketsConfig struct {
	ByNumber  bool          `yaml:"by_number"`
	Timeout   time.Duration `yaml:"timeout"`
	TicketURL string        `yaml:"ticket_url"`
}

// Defaults of what a queue leaves out.
const (
	defaultRing         = 15 * time.Second
	defaultRetry        = 5 * time.Second
	defaultServiceLevel = 20 * time.Second
	defaultShortAbandon = 5 * time.Second
	defaultLookup       = 2 * time.Second
	defaultMusic        = "default"
)

// DefaultConfig is a configuration that names nothing: no queue, no agent, no flow.
func DefaultConfig() Config {
	return Config{Integrations: IntegrationsConfig{Tickets: TicketsConfig{Timeout: defaultLookup}}}
}

// Validate names every mistake; the paths are those of firstline.yaml.
func (c Config) Validate() []problem.Problem {
	_, problems := c.Plan()
	return problems
}

// Plan makes the plan and names every mistake; the paths are those of firstline.yaml. With mistakes the plan is nil.
// Version is the hash of the plan, so equal configurations give equal versions.
func (c Config) Plan() (*Plan, []problem.Problem) {
	p := &Plan{
		Node: c.Node, Flows: c.IVR, Schedules: c.Schedules, Features: c.Features.features(), Pauses: c.PauseReasons,
		Codes:     c.Dispositions,
		Lookup:    LookupPlan{ByNumber: c.Integrations.Tickets.ByNumber, Timeout: c.Integrations.Tickets.Timeout},
		TicketURL: c.Integrations.Tickets.TicketURL,
	}
	if p.Lookup.Timeout == 0 {
		p.Lookup.Timeout = defaultLookup
	}
	for _, q := range c.Queues {
		p.Queues = append(p.Queues, q.queue())
	}
	for _, a := range c.Agents {
		p.Agents = append(p.Agents, Agent{
			ID: a.ID, Name: cmp.Or(a.Name, a.ID), Endpoint: a.Endpoint, Skills: a.Skills, Queues: a.Queues, WrapUp: a.WrapUp,
		})
	}
	for _, e := range c.Entries {
		p.Entries = append(p.Entries, Entry(e))
	}
	if problems := p.Validate(); len(problems) > 0 {
		return nil, problems
	}
	p.Version = p.hash()
	return p, nil
}

// hash is a short hash of everything in the plan but the version itself.
func (p Plan) hash() string {
	p.Version = ""
	sum := sha256.Sum256(encode(p))
	return hex.EncodeToString(sum[:])[:hashLetters]
}

const hashLetters = 16

func (q QueueConfig) queue() Queue {
	return Queue{
		ID: q.ID, Name: cmp.Or(q.Name, q.ID), Priority: q.Priority, RingTimeout: orDefault(q.RingTimeout, defaultRing),
		WrapUp: q.WrapUp, WrapUpExtend: q.WrapUpExtend, MaxMissed: q.MaxMissed,
		RetryDelay: orDefault(q.RetryDelay, defaultRetry), MaxWait: q.MaxWait, Overflow: q.Overflow,
		OverflowMedia: media(q.OverflowMedia, nobodyFree), MaxLength: q.MaxLength, JoinEmpty: q.JoinEmpty,
		MusicClass: cmp.Or(q.Music, defaultMusic), Announce: q.AnnounceEvery, AnnounceFirst: q.AnnounceFirst,
		ServiceLevel: orDefault(q.ServiceLevel, defaultServiceLevel), ShortAbandon: orDefault(q.ShortAbandon, defaultShortAbandon),
		FullMedia: media(q.FullMedia, nobodyFree), EmptyMedia: media(q.EmptyMedia, nobodyFree),
	}
}

func orDefault(d *time.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return *d
}

// nobodyFree is a sound of Asterisk's core packages, as all defaults are: nobody is available to take the call.
const nobodyFree = "vm-nobodyavail"

// media are the sounds named, or the default where nothing is written; an empty list is silence.
func media(names []string, otherwise string) []string {
	if names == nil {
		names = []string{otherwise}
	}
	return ivr.MediaURIs(names)
}

func (f FeaturesConfig) features() Features {
	return Features{
		Login: f.Login, Logout: f.Logout, Ready: f.Ready, Pause: f.Pause, LoginMedia: media(f.LoginMedia, "agent-loginok"),
		LogoutMedia: media(f.LogoutMedia, "agent-loggedoff"), ReadyMedia: media(f.ReadyMedia, "activated"),
		PauseMedia: media(f.PauseMedia, "de-activated"), ErrorMedia: media(f.ErrorMedia, "pbx-invalid"),
	}
}
