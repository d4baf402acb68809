package node

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"firstline/pipeline/problem"
)

var (
	nameShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)
	userShape = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	hostShape = regexp.MustCompile(`^sips?:[A-Za-z0-9.:\[\]-]+$`)
)

// check collects problems.
type check struct{ found []problem.Problem }

func (k *check) bad(path, message, mend string) {
	k.found = append(k.found, problem.Problem{Path: path, Message: message, Mend: mend})
}

// Validate says what can't be rendered into Asterisk's configuration files. A value with a line break or semicolon would
// change the meaning of a file, so texts that come from people are checked for both.
func (c Config) Validate() []problem.Problem {
	k := &check{}
	if !nameShape.MatchString(c.Name) {
		k.bad("name", fmt.Sprintf("%q can't be a node's name", c.Name), "use letters, digits and dashes")
	}
	if !filepath.IsAbs(c.Root) {
		k.bad("root", "must be an absolute path", "")
	}
	c.validateNetwork(k)
	for _, p := range []struct {
		path    string
		seconds int
	}{{"beat_max_age", c.BeatMaxAge}, {"enter_timeout", c.EnterTimeout}, {"fallback_wait", c.FallbackWait}} {
		if p.seconds < 1 {
			k.bad(p.path, "must be at least a second", "")
		}
	}
	if c.Password == "" {
		k.bad("password", "is empty", "set one: ARI controls every call")
	}
	k.text("password", c.Password)
	k.user("username", c.Username)
	k.user("app", c.App)
	c.validatePhones(k)
	c.validateQueues(k)
	return k.found
}

func (c Config) validateNetwork(k *check) {
	if _, err := netip.ParseAddr(c.Bind); err != nil {
		k.bad("bind", fmt.Sprintf("%q is not an IP address", c.Bind), "127.0.0.1 is this machine only, 0.0.0.0 every network")
	}
	for _, p := range []struct {
		path string
		port int
	}{{"sip_port", c.SIPPort}, {"rtp_start", c.RTPStart}, {"rtp_end", c.RTPEnd}, {"http_port", c.HTTPPort}} {
		if p.port < 1 || p.port > 65535 {
			k.bad(p.path, fmt.Sprintf("%d is not a port", p.port), "use 1 to 65535")
		}
	}
	if c.RTPEnd-c.RTPStart < 3 {
		k.bad("rtp_end", "the range holds no call", "give two ports for each leg")
	}
	for i, from := range c.TrunkFrom {
		_, errNet := netip.ParsePrefix(from)
		_, errOne := netip.ParseAddr(from)
		if errNet != nil && errOne != nil {
			k.bad(fmt.Sprintf("trunk_from.%d", i), fmt.Sprintf("%q is no address or network", from), "write 192.0.2.10 or 192.0.2.0/24")
		}
	}
	if c.TrunkTo != "" && !hostShape.MatchString(c.TrunkTo) {
		k.bad("trunk_to", fmt.Sprintf("%q is no SIP URI of a host", c.TrunkTo), "write sip:provider.example or sip:192.0.2.10:5060")
	}
	if u, err := url.Parse(c.ControllerURL); err != nil || (u.Scheme != "ws" && u.Scheme != "wss") || u.Host == "" {
		k.bad("controller_url", fmt.Sprintf("%q is not a websocket URL", c.ControllerURL), "write ws://host:port/ari")
	}
}

func (c Config) validatePhones(k *check) {
	known := map[string]bool{"trunk": true, "firstline": true, "global": true, "system": true, "udp": true} // sections of pjsip.conf
	phone := func(path, name string) {
		k.user(path, name)
		if known[name] {
			k.bad(path, fmt.Sprintf("%q is taken", name), "each phone needs a user name of its own")
		}
		known[name] = true
	}
	for i, a := range c.Agents {
		at := fmt.Sprintf("agents.%d.", i)
		k.user(at+"id", a.ID)
		phone(at+"endpoint", user(a))
		k.text(at+"name", a.Name)
		k.text(at+"secret", a.Secret)
		k.text(at+"contact", a.Contact)
		k.queues(c, at, a.Queues)
	}
	for i, p := range c.Phones {
		at := fmt.Sprintf("phones.%d.", i)
		phone(at+"user", p.User)
		k.text(at+"name", p.Name)
		k.text(at+"secret", p.Secret)
		k.queues(c, at, p.Queues)
	}
}

func (k *check) queues(c Config, at string, ids []string) {
	for j, q := range ids {
		if !c.hasQueue(q) {
			k.bad(fmt.Sprintf("%squeues.%d", at, j), fmt.Sprintf("%q is no queue", q), "")
		}
	}
}

func (c Config) validateQueues(k *check) {
	if len(c.Queues) == 0 {
		k.bad("queues", "is empty", "the fallback needs at least one queue")
		return
	}
	for i, q := range c.Queues {
		k.user(fmt.Sprintf("queues.%d.id", i), q.ID)
		k.text(fmt.Sprintf("queues.%d.music", i), q.Music)
	}
	if c.FallbackQueue != "" && !c.hasQueue(c.FallbackQueue) {
		k.bad("fallback_queue", fmt.Sprintf("%q is no queue", c.FallbackQueue), "")
	}
}

func (c Config) hasQueue(id string) bool {
	for _, q := range c.Queues {
		if q.ID == id {
			return true
		}
	}
	return false
}

// text checks what people write.
func (k *check) text(path, value string) {
	if strings.ContainsAny(value, "\r\n;[]<>\"") {
		k.bad(path, fmt.Sprintf("%q holds a character Asterisk's files can't", value), `leave out line breaks and ; [ ] < > "`)
	}
}

// user checks names that Asterisk, too, uses as names.
func (k *check) user(path, value string) {
	if !userShape.MatchString(value) {
		k.bad(path, fmt.Sprintf("%q is no user name", value), "use letters, digits, dot, dash, underscore")
	}
}
