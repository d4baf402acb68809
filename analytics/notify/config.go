package notify

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstline/pipeline/problem"
)

// MailConfig is the section `mail`: the server by which reports and alerts are sent. Without a host none are.
type MailConfig struct {
	Host         string        `yaml:"host"`          // name of the SMTP server; empty = no mails
	Port         int           `yaml:"port"`          // 587 for starttls, 465 for tls, 25
	TLS          string        `yaml:"tls"`           // starttls (must be offered), tls (from the first byte) or none (on a network of your own only)
	CAFile       string        `yaml:"ca_file"`       // PEM file of the certificates that the server's is trusted by; empty = the machine's
	User         string        `yaml:"user"`          // to sign in with; empty = without signing in
	PasswordEnv  string        `yaml:"password_env"`  // variable with the password
	PasswordFile string        `yaml:"password_file"` // or the file that holds it
	From         string        `yaml:"from"`          // address that mails come from
	Domains      []string      `yaml:"domains"`       // only addresses of these domains are written to; none = any
	Timeout      time.Duration `yaml:"timeout"`       // of one mail
}

// HookConfig is the section `webhooks`: how reports and alerts are posted.
type HookConfig struct {
	SecretEnv  string        `yaml:"secret_env"`  // variable with the secret that signs them: docs/alerts.md#webhooks; without it none are sent
	SecretFile string        `yaml:"secret_file"` // or the file that holds it
	Allow      []string      `yaml:"allow"`       // networks and addresses that are no public ones and may be posted to all the same: 10.1.2.0/24
	Timeout    time.Duration `yaml:"timeout"`     // of one try
}

// How the connection to a mail server is encrypted.
const (
	TLSStart = "starttls"
	TLSFull  = "tls"
	TLSNone  = "none"
)

// DefaultMail sends nothing until it has a host.
func DefaultMail() MailConfig {
	return MailConfig{Port: 587, TLS: TLSStart, Timeout: 20 * time.Second}
}

// DefaultHooks signs with nothing, and so sends nothing.
func DefaultHooks() HookConfig { return HookConfig{Timeout: 10 * time.Second} }

// Validate tells what is wrong; paths are relative to the section.
func (c MailConfig) Validate() []problem.Problem {
	var out []problem.Problem
	add := func(path, message, mend string) {
		out = append(out, problem.Problem{Path: path, Message: message, Mend: mend})
	}
	if c.Port < 1 || c.Port > 65535 {
		add("port", "is no port", "write 587")
	}
	if !slices.Contains([]string{TLSStart, TLSFull, TLSNone}, c.TLS) {
		add("tls", "is none of starttls, tls, none", "write starttls")
	}
	if c.Timeout <= 0 {
		add("timeout", "must be more than 0", "leave it out for the default")
	}
	if _, err := address(c.From); c.Host != "" && err != nil {
		add("from", "is no mail address", "write firstline@example.com")
	}
	if c.PasswordEnv != "" && c.PasswordFile != "" {
		add("password_env", "stands beside password_file", "keep one of them")
	}
	if (c.User == "") != (c.PasswordEnv+c.PasswordFile == "") {
		add("user", "goes with password_env or password_file", "give both or none")
	}
	if c.User != "" && c.TLS == TLSNone && !loopback(c.Host) {
		add("tls", "is none, so the password would be sent in clear", "write starttls")
	}
	if _, err := c.authorities(); err != nil {
		add("ca_file", err.Error(), "")
	}
	for i, d := range c.Domains {
		if d == "" || strings.ContainsAny(d, "@ ") {
			add("domains."+strconv.Itoa(i), "is no domain", "write example.com")
		}
	}
	return out
}

// Validate tells what is wrong; paths are relative to the section.
func (c HookConfig) Validate() []problem.Problem {
	var out []problem.Problem
	if c.Timeout <= 0 {
		out = append(out, problem.Problem{Path: "timeout", Message: "must be more than 0", Mend: "leave it out for the default"})
	}
	if c.SecretEnv != "" && c.SecretFile != "" {
		out = append(out, problem.Problem{Path: "secret_env", Message: "stands beside secret_file", Mend: "keep one of them"})
	}
	for i, text := range c.Allow {
		if _, err := network(text); err != nil {
			out = append(out, problem.Problem{Path: "allow." + strconv.Itoa(i), Message: "is neither an address nor a network", Mend: "write 10.0.0.1 or 10.0.0.0/8"})
		}
	}
	return out
}

// Check tells why nothing could be sent to an address.
func (c MailConfig) Check(to string) error {
	a, err := address(to)
	if err != nil {
		return err
	}
	domain := a.Address[strings.LastIndexByte(a.Address, '@')+1:]
	if len(c.Domains) > 0 && !slices.ContainsFunc(c.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		return fmt.Errorf("%s is not of a domain in mail.domains", to)
	}
	if c.Host == "" {
		return errors.New("no mail server is configured: mail.host")
	}
	return nil
}

// Check tells why nothing could be posted to a URL, as far as the configuration says.
func (c HookConfig) Check(target string) error {
	return newHooks(c, c.SecretEnv+c.SecretFile, time.Now).check(target)
}

// CheckSecrets tells which secrets of the two sections are missing; paths are those of the whole file.
func CheckSecrets(mail MailConfig, hooks HookConfig, getenv func(string) string) []problem.Problem {
	var out []problem.Problem
	if _, err := secret(mail.PasswordEnv, mail.PasswordFile, getenv); err != nil {
		out = append(out, problem.Problem{Path: "mail", Message: err.Error(), Mend: "set it to the mail server's password"})
	}
	if _, err := secret(hooks.SecretEnv, hooks.SecretFile, getenv); err != nil {
		out = append(out, problem.Problem{Path: "webhooks", Message: err.Error(), Mend: "set it to a secret shared with who takes the webhooks"})
	}
	return out
}

func network(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// secret reads a variable or a file, whichever is named; neither gives "".
func secret(env, file string, getenv func(string) string) (string, error) {
	switch {
	case env != "":
		if v := strings.TrimSpace(getenv(env)); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the variable %s is empty", env)
	case file != "":
		b, err := os.ReadFile(file) //nolint:gosec // the path is the operator's own
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		if v := strings.TrimSpace(string(b)); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the file %s is empty", file)
	default:
		return "", nil
	}
}
