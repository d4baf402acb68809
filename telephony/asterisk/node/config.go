package node

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
	TrunkTo   string   // SIP URI of the host that calls to numbers outside go to; empty = none do

	App           string // Stasis application
	Username      string // of ARI, both ways
	Password      string
	ControllerURL string // ws://host:port/path Asterisk connects to

	BeatMaxAge    int    // seconds after which a missing heartbeat sends calls to the fallback
	EnterTimeout  int    // seconds a call waits for the controller's first command
	FallbackWait  int    // seconds a caller waits in a fallback queue
	FallbackQueue string // id of the queue that fallback calls go to; empty = the first

	// Extra is put behind a file's shipped content, by the file's name, or makes a file that isn't shipped: what a benchmark
	// compares Firstline with, and what an exchange without Firstline has.
	Extra map[string]string

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
	Queues []string // whose fallback rings it: agents sit there by turns
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

// PromptsDir is the folder of the site's own prompts for a node of that name, as Asterisk sees it. It lies beside the
// instance's folder, which goes with each stop.
func PromptsDir(name string) string { return "/srv/firstline/" + name + ".prompts" }

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
