package chdb

import (
	"fmt"
	"net"
	"net/url"
	"time"

	"firstline/pipeline/problem"
)

// Config is the part of section `clickhouse` of firstline.yaml that is about the embedded engine. analytics/store reads
// the same section for the client's part.
type Config struct {
	Embedded    bool   `yaml:"embedded"`     // run the engine here; false: an outside server or cluster
	URL         string `yaml:"url"`          // where clients reach it; the engine listens on its host and port
	Listen      string `yaml:"listen"`       // host:port to listen on when it differs from the URL's; port 0 picks a free one
	Library     string `yaml:"library"`      // path of libchdb.so; empty: where set-up puts it
	Username    string `yaml:"username"`     // user; of the embedded engine the one there is
	PasswordEnv string `yaml:"password_env"` // variable that holds the password; empty: none is asked for, on loopback only

	// Connections to the embedded engine, each of which runs one query at a time. A quarter of them is kept free of long reads.
	Connections int `yaml:"connections"`
	// Waiting is how many queries may wait for a connection; the next is refused with TOO_MANY_SIMULTANEOUS_QUERIES.
	Waiting int           `yaml:"waiting"`
	MaxWait time.Duration `yaml:"max_wait"` // and how long, until they are refused with the same
	// MaxQueryMemoryMB is what one query may use, MiB, unless the request sets max_memory_usage.
	MaxQueryMemoryMB int `yaml:"max_query_memory_mb"`
	// Drain is how long running queries have at a stop before they are killed.
	Drain time.Duration `yaml:"drain"`
}

// DefaultConfig listens on loopback, ClickHouse's own port, with eight connections.
func DefaultConfig() Config {
	return Config{
		Embedded:         true,
		URL:              "http://127.0.0.1:8123",
		Username:         "default",
		Connections:      8,
		Waiting:          64,
		MaxWait:          10 * time.Second,
		MaxQueryMemoryMB: 2048,
		Drain:            10 * time.Second,
	}
}

// Validate returns what is wrong, with paths within the section.
func (c Config) Validate() []problem.Problem {
	if !c.Embedded {
		return nil
	}
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if addr, err := c.Address(); err != nil {
		add("listen", err.Error(), "write for example 127.0.0.1:8123")
	} else if !loopback(addr) && c.PasswordEnv == "" {
		add("listen", fmt.Sprintf("%s is reachable from outside and no password is set", addr),
			"listen on 127.0.0.1, or name the variable that holds a password in password_env")
	}
	if c.Username == "" {
		add("username", "is empty", "write default")
	}
	if c.Connections < 2 || c.Connections > 64 {
		add("connections", "is not between 2 and 64", "write 8")
	}
	if c.Waiting < 0 || c.Waiting > 10_000 {
		add("waiting", "is not between 0 and 10000", "write 64")
	}
	if c.MaxWait < time.Millisecond {
		add("max_wait", "is less than 1ms", "write 10s")
	}
	if c.MaxQueryMemoryMB < 64 {
		add("max_query_memory_mb", "is less than 64", "write 2048")
	}
	if c.Drain < 0 {
		add("drain", "is negative", "write 10s")
	}
	return out
}

// Address is the host:port to listen on.
func (c Config) Address() (string, error) {
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			return "", fmt.Errorf("%q is not host:port", c.Listen)
		}
		return c.Listen, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("url %q has no host to listen on", c.URL)
	}
	if u.Scheme != "http" {
		return "", fmt.Errorf("url %q: the embedded engine speaks http only", c.URL)
	}
	port := u.Port()
	if port == "" {
		port = "8123"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// loopback says whether only this machine reaches the address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
