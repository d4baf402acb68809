package store

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"firstline/pipeline/problem"
)

// Config is the client's part of section `clickhouse` of firstline.yaml: how the database is reached. analytics/chdb
// reads the same section for the embedded engine.
type Config struct {
	URL         string `yaml:"url"`          // http:// or https://, host and port of ClickHouse's HTTP interface
	Database    string `yaml:"database"`     // where the tables are; `firstline migrate` makes it
	Username    string `yaml:"username"`     // the user
	PasswordEnv string `yaml:"password_env"` // variable that holds the password; empty: none
	// Cluster makes tables replicated, ON CLUSTER with this name. Empty is a single server or the embedded engine.
	// A cluster has one shard: the tokens that keep repeats out are a shard's own. Grow it by replicas.
	Cluster string `yaml:"cluster"`
	// InsertTimeout is how long one insert may take, on the server too.
	InsertTimeout time.Duration `yaml:"insert_timeout"`
}

// DefaultConfig is the embedded engine's address.
func DefaultConfig() Config {
	return Config{URL: "http://127.0.0.1:8123", Database: "firstline", Username: "default", InsertTimeout: 2 * time.Minute}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Validate returns what is wrong, with paths within the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if _, err := c.endpoint(); err != nil {
		add("url", err.Error(), "write for example http://127.0.0.1:8123")
	}
	if !plainName.MatchString(c.Database) {
		add("database", fmt.Sprintf("%q is not a plain name", c.Database), "use letters, digits and _: firstline")
	}
	if c.Username == "" {
		add("username", "is empty", "write default")
	}
	if c.Cluster != "" && !plainName.MatchString(c.Cluster) {
		add("cluster", fmt.Sprintf("%q is not a plain name", c.Cluster), "write the name as in the server's remote_servers")
	}
	if c.InsertTimeout < time.Second {
		add("insert_timeout", "is less than 1s", "write 2m")
	}
	return out
}

// endpoint is the parsed URL with its port.
func (c Config) endpoint() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not an http or https address", c.URL)
	}
	if u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q must hold no user, password or parameters", u.Redacted())
	}
	if u.Port() == "" {
		port := 8123
		if u.Scheme == "https" {
			port = 8443
		}
		u.Host += ":" + strconv.Itoa(port)
	}
	return u, nil
}
