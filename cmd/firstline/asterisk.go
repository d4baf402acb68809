package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"firstline/pipeline/parts"
	"firstline/pipeline/problem"
	"firstline/telephony/asterisk/node"
)

// nodeConfig is the part of section asterisk about an Asterisk that Firstline runs itself, for trials and `make run`.
type nodeConfig struct {
	Embedded  bool        `yaml:"embedded"`         // run Asterisk here, configured from deploy/asterisk
	Bind      string      `yaml:"bind"`             // address SIP and RTP listen on
	SIPPort   int         `yaml:"sip_port"`         // UDP
	RTPStart  int         `yaml:"rtp_start"`        // first UDP port of RTP, even
	RTPEnd    int         `yaml:"rtp_end"`          // the last, included
	TrunkFrom []string    `yaml:"trunk_from"`       // addresses whose calls are callers' calls
	TrunkTo   string      `yaml:"trunk_to"`         // where calls to numbers outside go: sip:provider.example:5060; empty = nowhere
	SecretEnv string      `yaml:"phone_secret_env"` // variable with the SIP password of all phones
	Phones    []phoneUser `yaml:"phones"`           // phones of nobody in particular: a softphone to try with
}

// phoneUser is a phone of nobody in particular, say a softphone to try with.
type phoneUser struct {
	User string `yaml:"user"` // SIP user
	Name string `yaml:"name"` // shown to whom it calls
}

func defaultNode() nodeConfig {
	d := node.DefaultConfig()
	return nodeConfig{Bind: d.Bind, SIPPort: d.SIPPort, RTPStart: d.RTPStart, RTPEnd: d.RTPEnd, TrunkFrom: d.TrunkFrom}
}

// Validate says what can't work; node.Config.Validate checks the rest when it is run.
func (c nodeConfig) Validate() []problem.Problem {
	if c.Embedded && c.SecretEnv == "" {
		return []problem.Problem{{Path: "phone_secret_env", Message: "is missing, so phones could not register",
			Mend: "name the variable that holds the SIP password of the phones"}}
	}
	return nil
}

// runAsterisk runs Asterisk with the shipped configuration.
func runAsterisk(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	cfg, err := nodeOf(s, env.getenv)
	if err != nil {
		return err
	}
	n, err := node.New(cfg, env.log)
	if err != nil {
		return err
	}
	return n.Run(ctx)
}

func nodeOf(s *settings, getenv func(string) string) (node.Config, error) {
	root, err := parts.AsteriskRoot()
	if err != nil {
		return node.Config{}, err
	}
	secret := getenv(s.Node.SecretEnv)
	if secret == "" {
		return node.Config{}, fmt.Errorf("the variable %q (asterisk.phone_secret_env) is empty; set it to the SIP password of the phones", s.Node.SecretEnv)
	}
	password := getenv(s.Asterisk.PasswordEnv)
	if password == "" {
		return node.Config{}, fmt.Errorf("the variable %q (asterisk.password_env) is empty; set it to ARI's password", s.Asterisk.PasswordEnv)
	}
	c := node.DefaultConfig()
	c.Root, c.Name, c.KeepLogs = root, s.Plan.Node, true
	c.Bind, c.SIPPort, c.RTPStart, c.RTPEnd, c.TrunkFrom, c.TrunkTo = s.Node.Bind, s.Node.SIPPort, s.Node.RTPStart, s.Node.RTPEnd, s.Node.TrunkFrom, s.Node.TrunkTo
	c.App, c.Username, c.Password = s.Asterisk.App, s.Asterisk.Username, password
	c.ControllerURL = "ws://" + s.Asterisk.Listen + "/ari"
	if c.HTTPPort, err = portOf(s.Asterisk.URL); err != nil {
		return node.Config{}, err
	}
	var freely []string // queues of agents who sit freely
	for _, a := range s.Plan.Agents {
		if a.Endpoint == "" {
			freely = append(freely, a.Queues...)
			continue
		}
		c.Agents = append(c.Agents, node.Agent{ID: a.ID, Endpoint: a.Endpoint, Name: a.Name, Secret: secret, Queues: a.Queues})
	}
	for _, seat := range s.Plan.Seats {
		c.Phones = append(c.Phones, node.Phone{User: strings.TrimPrefix(seat.Endpoint, "PJSIP/"), Name: seat.Name, Secret: secret, Queues: freely})
	}
	for _, p := range s.Node.Phones {
		c.Phones = append(c.Phones, node.Phone{User: p.User, Name: p.Name, Secret: secret})
	}
	for _, q := range s.Plan.Queues {
		c.Queues = append(c.Queues, node.Queue{ID: q.ID, Music: q.MusicClass})
	}
	return c, nil
}

// queueLog is where the controller reads the fallback's calls: as configured, or of the node run here.
func queueLog(s *settings, getenv func(string) string, configured string) (string, error) {
	if configured != "" || !s.Node.Embedded {
		return configured, nil
	}
	cfg, err := nodeOf(s, getenv)
	if err != nil {
		return "", err
	}
	n, err := node.New(cfg, nil)
	if err != nil {
		return "", err
	}
	return filepath.Clean(n.QueueLog()), nil
}

func portOf(address string) (int, error) {
	u, err := parseURL(address)
	if err != nil {
		return 0, err
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0, errors.New("asterisk.url has no port; write http://127.0.0.1:8088/ari")
	}
	return port, nil
}
