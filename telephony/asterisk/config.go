package asterisk

import (
	"net"
	"net/url"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `asterisk`.
type Config struct {
	URL         string        `yaml:"url"`          // base of ARI's REST
	Username    string        `yaml:"username"`     // of ari.conf
	PasswordEnv string        `yaml:"password_env"` // variable that holds the password of both directions
	App         string        `yaml:"app"`          // Stasis application
	Listen      string        `yaml:"listen"`       // where Asterisk's outbound websocket connects to
	QueueLog    string        `yaml:"queue_log"`    // path of Asterisk's queue_log; empty = the fallback's calls are not read
	Poll        time.Duration `yaml:"poll"`         // between two looks at the phones
	Relist      time.Duration `yaml:"relist"`       // between two comparisons of what is there with what was told
	Timeout     time.Duration `yaml:"timeout"`      // of one REST request
	Workers     int           `yaml:"workers"`      // commands under way at once
}

// DefaultConfig is an Asterisk on this machine, set up with deploy/asterisk.
func DefaultConfig() Config {
	return Config{
		URL: "http://127.0.0.1:8088/ari", Username: "firstline", PasswordEnv: "FIRSTLINE_ARI_PASSWORD", App: "firstline",
		Listen: "127.0.0.1:8070", Poll: 5 * time.Second, Relist: 15 * time.Second, Timeout: 2 * time.Second, Workers: 32,
	}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		add("url", "is not an http or https URL", "write http://host:8088/ari")
	}
	if c.Username == "" {
		add("username", "is missing", "name the user of ari.conf")
	}
	if c.PasswordEnv == "" {
		add("password_env", "is missing", "name the variable that holds the password of ari.conf")
	}
	if c.App == "" {
		add("app", "is missing", "name the application of ari.conf and extensions.conf")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		add("listen", "is not host:port", "127.0.0.1:8070 is the default")
	}
	for _, d := range []struct {
		path  string
		value time.Duration
	}{{"poll", c.Poll}, {"relist", c.Relist}, {"timeout", c.Timeout}} {
		if d.value <= 0 {
			add(d.path, "must be more than zero", "")
		}
	}
	if c.Workers < 1 || c.Workers > maxConns {
		add("workers", "must be 1 to 64", "32 is the default")
	}
	return out
}
