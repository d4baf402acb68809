package node

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"firstline/pipeline/problem"
)

// FallbackPrefix stands before a queue's id in the name of its fallback queue in Asterisk.
const FallbackPrefix = "fallback-"

// Config is one Asterisk instance. Ports are the caller's to choose.
type Config struct {
	Root     string // where Asterisk is installed: "/" or a folder to chroot into (parts.AsteriskRoot)
	Dir      string // the instance's folder as seen inside Root; empty = /srv/firstline/<Name>
	Name     string // systemname: prefix of every channel id; letters, digits, dash
	KeepLogs bool   // leave <Dir>/log (messages, queue_log) when stopped; all else always goes

	Bind      string   // address SIP and RTP listen on
	SIPPort   int      // UDP
	RTPStart  int      // first UDP port of RTP, even
	RTPEnd    int      // last, included
	HTTPPort  int      // ARI's REST on 127.0.0.1
	TrunkFrom []string // addresses or networks whose calls are callers' calls

	App           string // Stasis application
	Username      string // of ARI, both ways
	Password      string
	ControllerURL string // ws://host:port/path Asterisk connects to

	BeatMaxAge    int    // seconds after which a missing heartbeat sends calls to the fallback
	EnterTimeout  int    // seconds a call waits for the controller's first command
	FallbackWait  int    // seconds a caller waits in a fallback queue
	FallbackQueue string // id of the queue that fallback calls go to; empty = the first

	Agents []Agent // agents' phones
	Phones []Phone // other phones that may call: a demo softphone
	Queues []Queue
}

// Agent is an agent's phone.
type Agent struct {
	ID       string
	Endpoint string // "PJSIP/101"
	Name     string // shown as caller id; empty = ID
	Secret   string // SIP password
	Contact  string // fixed SIP URI instead of registration: "sip:101@127.0.0.1:5080"; empty = registers
	Queues   []string
}

// Phone is a phone that is no agent's.
type Phone struct {
	User   string
	Name   string
	Secret string
}

// Queue is what the fallback needs to know of a queue.
type Queue struct {
	ID    string
	Music string // music class; empty = default
}

// DefaultConfig is a node on loopback with the ports of deploy/firstline.yaml.
func DefaultConfig() Config {
	return Config{
		Root: "/", Name: "pbx1", Bind: "127.0.0.1", SIPPort: 5060, RTPStart: 10000, RTPEnd: 19999, HTTPPort: 8088,
		TrunkFrom: []string{"127.0.0.1/32"}, App: "firstline", Username: "firstline",
		ControllerURL: "ws://127.0.0.1:8070/ari", BeatMaxAge: 5, EnterTimeout: 15, FallbackWait: 300,
	}
}

var (
	nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)
	userShape = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
)

// Validate says what can't be rendered into Asterisk's configuration files. A value with a line break or semicolon would
// change the meaning of a file, so texts that come from people are checked for both.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	bad := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if !nameShape.MatchString(c.Name) {
		bad("name", fmt.Sprintf("%q can't be a node's name", c.Name), "use letters, digits and dashes")
	}
	if !filepath.IsAbs(c.Root) {
		bad("root", "must be an absolute path", "")
	}
	for _, p := range []struct {
		path string
		port int
	}{{"sip_port", c.SIPPort}, {"rtp_start", c.RTPStart}, {"rtp_end", c.RTPEnd}, {"http_port", c.HTTPPort}} {
		if p.port < 1 || p.port > 65535 {
			bad(p.path, fmt.Sprintf("%d is not a port", p.port), "use 1 to 65535")
		}
	}
	if c.RTPEnd-c.RTPStart < 3 {
		bad("rtp_end", "the range holds no call", "give two ports for each leg")
	}
	if u, err := url.Parse(c.ControllerURL); err != nil || (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		bad("controller_url", fmt.Sprintf("%q is not a websocket URL", c.ControllerURL), "write ws://host:port/ari")
	}
	if c.Password == "" {
		bad("password", "is empty", "set one: ARI controls every call")
	}
	out = append(out, c.validateTexts()...)
	if len(c.Queues) == 0 {
		bad("queues", "is empty", "the fallback needs at least one queue")
	}
	if c.FallbackQueue != "" && !c.hasQueue(c.FallbackQueue) {
		bad("fallback_queue", fmt.Sprintf("%q is no queue", c.FallbackQueue), "")
	}
	return out
}

func (c Config) validateTexts() []problem.Problem {
	var out []problem.Problem
	text := func(path, value string) {
		if strings.ContainsAny(value, "\r\n;[]<>\"") {
			out = append(out, problem.Problem{Path: path, Message: fmt.Sprintf("%q holds a character Asterisk's files can't", value),
				Mend: `leave out line breaks and ; [ ] < > "`})
		}
	}
	user := func(path, value string) {
		if !userShape.MatchString(value) {
			out = append(out, problem.Problem{Path: path, Message: fmt.Sprintf("%q is no user name", value),
				Mend: "use letters, digits, dot, dash, underscore"})
		}
	}
	text("password", c.Password)
	user("username", c.Username)
	user("app", c.App)
	for i, a := range c.Agents {
		at := fmt.Sprintf("agents.%d.", i)
		user(at+"id", a.ID)
		user(at+"endpoint", strings.TrimPrefix(a.Endpoint, "PJSIP/"))
		text(at+"name", a.Name)
		text(at+"secret", a.Secret)
		text(at+"contact", a.Contact)
	}
	for i, p := range c.Phones {
		at := fmt.Sprintf("phones.%d.", i)
		user(at+"user", p.User)
		text(at+"name", p.Name)
		text(at+"secret", p.Secret)
	}
	for i, q := range c.Queues {
		user(fmt.Sprintf("queues.%d.id", i), q.ID)
		text(fmt.Sprintf("queues.%d.music", i), q.Music)
	}
	return out
}

func (c Config) hasQueue(id string) bool {
	for _, q := range c.Queues {
		if q.ID == id {
			return true
		}
	}
	return false
}

// withDefaults fills what may be left empty.
func (c Config) withDefaults() Config {
	if c.Dir == "" {
		c.Dir = "/srv/firstline/" + c.Name
	}
	if c.FallbackQueue == "" && len(c.Queues) > 0 {
		c.FallbackQueue = c.Queues[0].ID
	}
	return c
}
