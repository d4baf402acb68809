package controller

import (
	"net"
	"strings"
	"time"

	"firstline/pipeline/problem"
)

// Config is the section `controller`.
type Config struct {
	Listen   string `yaml:"listen"`    // host:port or unix:PATH
	TokenEnv string `yaml:"token_env"` // variable with the bearer token; needed beyond loopback
	TLSCert  string `yaml:"tls_cert"`  // PEM file of the certificate; needed beyond loopback
	TLSKey   string `yaml:"tls_key"`   // PEM file of its key

	SnapshotRecords int           `yaml:"snapshot_records"` // records between full snapshots of the state
	SnapshotEvery   time.Duration `yaml:"snapshot_every"`   // and the longest time between them while anything happens
	Drain           time.Duration `yaml:"drain"`            // longest wait at the end for what is to become durable
}

// DefaultConfig listens on loopback.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:8071", SnapshotRecords: 5000, SnapshotEvery: 10 * time.Minute, Drain: 5 * time.Second}
}

// Validate tells what is wrong; paths are relative to the section.
func (c Config) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	local, err := loopback(c.Listen)
	switch {
	case err != nil:
		add("listen", "is no address to listen on", "write 127.0.0.1:8071 or unix:/run/firstline/controller.sock")
	case !local && c.TokenEnv == "":
		add("token_env", "is needed because listen is reachable from other machines", "name a variable with a long random token, or listen on 127.0.0.1")
	case !local && (c.TLSCert == "" || c.TLSKey == ""):
		add("tls_cert", "is needed with tls_key because listen is reachable from other machines", "name PEM files, or listen on 127.0.0.1")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		add("tls_key", "tls_cert and tls_key belong together", "give both or none")
	}
	if c.SnapshotRecords < 1 {
		add("snapshot_records", "must be at least 1", "5000 is the default")
	}
	if c.SnapshotEvery <= 0 {
		add("snapshot_every", "must be more than 0", "10m is the default")
	}
	if c.Drain <= 0 {
		add("drain", "must be more than 0", "5s is the default")
	}
	return out
}

// loopback says whether only this machine can reach the address.
func loopback(listen string) (bool, error) {
	if path, ok := strings.CutPrefix(listen, "unix:"); ok && path != "" {
		return true, nil
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false, err
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
