package alert

import (
	"slices"
	"time"
)

// Kind is what a rule looks at: a closed list.
type Kind string

const (
	ServiceLevel Kind = "service_level"
	LongestWait  Kind = "longest_wait"
	NobodyReady  Kind = "nobody_ready"
	TicketSLA    Kind = "ticket_sla"
	Deviation    Kind = "deviation"
)

// Kinds lists them, for documents.
func Kinds() []Kind { return []Kind{ServiceLevel, LongestWait, NobodyReady, TicketSLA, Deviation} }

// Variant is one of the four service levels of docs/metrics.md.
type Variant string

const (
	Answered         Variant = "answered"
	Offered          Variant = "offered"
	OfferedLessShort Variant = "offered_less_short"
	ResolvedWithin   Variant = "resolved_within"
)

// Variants lists them.
func Variants() []Variant { return []Variant{Answered, Offered, OfferedLessShort, ResolvedWithin} }

// Number is what a deviation looks at, of one hour.
type Number string

const (
	NumberOffered       Number = "offered"         // callers who joined the queue
	NumberAbandonment   Number = "abandonment"     // percent of them who gave up
	NumberSpeedOfAnswer Number = "speed_of_answer" // mean wait of the answered, in seconds
	NumberHandleTime    Number = "handle_time"     // mean of the handled, in seconds
)

// Numbers lists them.
func Numbers() []Number {
	return []Number{NumberOffered, NumberAbandonment, NumberSpeedOfAnswer, NumberHandleTime}
}

// Direction is to which side a deviation counts.
type Direction string

const (
	Above  Direction = "above"
	Below  Direction = "below"
	Either Direction = "either"
)

// Directions lists them.
func Directions() []Direction { return []Direction{Above, Below, Either} }

// Times at which a rule of nobody_ready looks.
const (
	WhileWaiting = "waiting" // while anybody waits
	WhileOpen    = "open"    // in the hours of the rule's schedule
)

// Stages of tickets at which a rule of ticket_sla looks.
const (
	StageWarning  = "warning"  // about to breach a target, or past it
	StageBreached = "breached" // past it
)

// Rule is one alert rule. Fields that its kind doesn't name are left at their zero value.
type Rule struct {
	ID     string   `yaml:"id"`     // unique among the rules of the file: letters, digits, - and _
	Name   string   `yaml:"name"`   // for people; empty = the id
	Kind   Kind     `yaml:"kind"`   // service_level, longest_wait, nobody_ready, ticket_sla or deviation
	Queues []string `yaml:"queues"` // ids of the queues it looks at, each by itself; none = all

	Variant   Variant       `yaml:"variant"`       // of service_level: answered, offered (default), offered_less_short, resolved_within
	Threshold time.Duration `yaml:"threshold"`     // of service_level: T in place of each queue's own
	Window    time.Duration `yaml:"window"`        // of service_level: over how much time up to now; default 30m
	Below     float64       `yaml:"below_percent"` // of service_level: bad below so many percent
	Above     time.Duration `yaml:"above"`         // of longest_wait: bad when somebody waits longer
	While     string        `yaml:"while"`         // of nobody_ready: waiting (default) or open
	Schedule  string        `yaml:"schedule"`      // of nobody_ready while open: id of the schedule

	Stage   string `yaml:"stage"`   // of ticket_sla: warning (default: about to breach, or breached) or breached
	Tickets int    `yaml:"tickets"` // of ticket_sla: bad when so many tickets stand so; default 1

	Number    Number    `yaml:"number"`    // of deviation: offered, abandonment, speed_of_answer or handle_time
	Direction Direction `yaml:"direction"` // of deviation: above, below or either (default)
	Weeks     int       `yaml:"weeks"`     // of deviation: how many earlier weeks are looked at; default 6
	Factor    float64   `yaml:"factor"`    // of deviation: bad beyond this modified z-score; default 3.5
	Least     float64   `yaml:"least"`     // of deviation: a smaller difference is never bad, in the number's unit; default 5, of times 10
	Zone      string    `yaml:"tz"`        // of deviation: IANA zone of the hours; default UTC

	MinCalls int           `yaml:"min_calls"`     // of service_level and deviation: fewer calls are not judged; default 5
	Margin   float64       `yaml:"clear_percent"` // a firing rule ends only when the number is better than the limit by so many percent of it
	For      time.Duration `yaml:"for"`           // how long the number must be bad before the rule fires
	ClearFor time.Duration `yaml:"clear_for"`     // how long it must be good before the alert ends; default 1m
	Repeat   time.Duration `yaml:"repeat"`        // a firing alert is told again after it; default 4h, 0s = never

	Mail    []string `yaml:"mail"`    // addresses that are told
	Webhook string   `yaml:"webhook"` // URL that is told
	Off     bool     `yaml:"off"`     // it is kept, and not looked at
}

// Defaults of what a rule leaves out.
const (
	defaultWindow   = 30 * time.Minute
	defaultClearFor = time.Minute
	defaultRepeat   = 4 * time.Hour
	defaultMinCalls = 5
	defaultWeeks    = 6
	defaultFactor   = 3.5 // docs/alerts.md says whose it is
)

// DefaultRule is what a rule begins with before it is read.
func DefaultRule() Rule { return Rule{ClearFor: defaultClearFor, Repeat: defaultRepeat} }

// UnmarshalYAML lets a rule begin with its defaults.
func (r *Rule) UnmarshalYAML(decode func(any) error) error {
	type plain Rule
	*r = DefaultRule()
	if err := decode((*plain)(r)); err != nil {
		return err
	}
	*r = r.Complete()
	return nil
}

// Complete fills in the defaults of the rule's kind where it says nothing.
func (r Rule) Complete() Rule {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	switch r.Kind {
	case ServiceLevel:
		if r.Variant == "" {
			r.Variant = Offered
		}
		if r.Window == 0 {
			r.Window = defaultWindow
		}
		set(&r.MinCalls, defaultMinCalls)
	case NobodyReady:
		if r.While == "" {
			r.While = WhileWaiting
		}
	case Deviation:
		if r.Direction == "" {
			r.Direction = Either
		}
		if r.Factor == 0 {
			r.Factor = defaultFactor
		}
		if r.Least == 0 {
			r.Least = r.Number.least()
		}
		if r.Zone == "" {
			r.Zone = "UTC"
		}
		set(&r.Weeks, defaultWeeks)
		set(&r.MinCalls, defaultMinCalls)
	case TicketSLA:
		if r.Stage == "" {
			r.Stage = StageWarning
		}
		set(&r.Tickets, 1)
	case LongestWait:
	}
	return r
}

func (n Number) least() float64 {
	if n == NumberSpeedOfAnswer || n == NumberHandleTime {
		return 10
	}
	return 5
}

// Title is what people call the rule.
func (r Rule) Title() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// Targets are all who are told.
func (r Rule) Targets() []string {
	out := slices.Clone(r.Mail)
	if r.Webhook != "" {
		out = append(out, r.Webhook)
	}
	return out
}
