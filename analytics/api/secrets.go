package api

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	passwords "firstline/pipeline/password"
	"firstline/pipeline/problem"
)

// secrets are the values that the configuration names but never holds.
type secrets struct {
	users   map[string]account // by name; agents by id
	webhook string             // "" = the webhook is off
	oidc    string             // of us as a client of the identity provider; "" = nobody signs in there
}

// account is somebody who may sign in.
type account struct {
	name   string // what he signs in with
	label  string // how he is greeted
	role   Role
	agent  string // his agent id; "" when he is none
	phone  string // agent id whose phone he listens with; "" = he has none
	limits Limits // of a user
	masked bool   // of a user
	hash   string

	subject string // at the identity provider; "" = he has a password
}

// principal is the account as the sender of requests, until its session ends.
func (acc account) principal(ends time.Time) principal {
	return principal{Name: acc.name, Label: acc.label, Role: acc.role, Agent: acc.agent, Phone: acc.phone, limits: acc.limits, masked: acc.masked, ends: ends, provided: acc.subject != ""}
}

// CheckSecrets reads every secret that the configuration names and tells which are missing or malformed; paths are those
// of the whole file. An agent without a pin is no problem: he can log in by his phone, only not on the desk page.
func CheckSecrets(cfg Config, site Site, getenv func(string) string) []problem.Problem {
	_, problems := readSecrets(cfg, site, getenv)
	return problems
}

// StateAddress is the address of the PostgreSQL database that keeps the API's state; "" when a file does.
func StateAddress(cfg Config, getenv func(string) string) (string, error) {
	return readSecret(cfg.State.PostgresEnv, cfg.State.PostgresFile, getenv)
}

// PINHashes are the hashes of the agents' PINs, by agent id, as far as they can be read.
func PINHashes(cfg Config, site Site, getenv func(string) string) map[string]string {
	known, _ := readSecrets(cfg, site, getenv)
	hashes := map[string]string{}
	for _, acc := range known.users {
		if acc.agent != "" {
			hashes[acc.agent] = acc.hash
		}
	}
	return hashes
}

func readSecrets(cfg Config, site Site, getenv func(string) string) (secrets, []problem.Problem) {
	out := secrets{users: map[string]account{}}
	var problems []problem.Problem
	add := func(path string, err error, mend string) {
		problems = append(problems, problem.Problem{Path: path, Message: err.Error(), Mend: mend})
	}
	for i, u := range cfg.Users {
		hash, err := readHash(u.PasswordHashEnv, u.PasswordHashFile, getenv)
		if err != nil {
			add("http.users."+strconv.Itoa(i), err, "make a hash with `firstline hash`")
			continue
		}
		if u.Phone != "" && !slices.ContainsFunc(site.Agents, func(a AgentConfig) bool { return a.ID == u.Phone }) {
			add("http.users."+strconv.Itoa(i)+".phone", fmt.Errorf("agent %q is not defined", u.Phone), "name an agent of the list, whose phone this user has")
		}
		if list, name := site.unknown(Limits{u.Queues, u.Teams}); list != "" {
			add("http.users."+strconv.Itoa(i)+"."+list, fmt.Errorf("there is no %q", name), "name queues of the list queues, and teams of the agents")
		}
		out.users[u.Name] = account{name: u.Name, label: u.Name, role: u.Role, hash: hash, phone: u.Phone, limits: Limits{u.Queues, u.Teams}, masked: u.Masked}
	}
	for i, a := range site.Agents {
		if a.PinHashEnv == "" && a.PinHashFile == "" {
			continue
		}
		at := "agents." + strconv.Itoa(i)
		hash, err := readHash(a.PinHashEnv, a.PinHashFile, getenv)
		if err != nil {
			add(at, err, "make a hash with `firstline hash`")
			continue
		}
		if _, taken := out.users[a.ID]; taken {
			add(at+".id", fmt.Errorf("is also the name of a user"), "rename one of them")
			continue
		}
		out.users[a.ID] = account{name: a.ID, label: a.Name, role: RoleAgent, agent: a.ID, hash: hash}
	}
	t := site.Integrations.Tickets
	secret, err := readSecret(t.WebhookSecretEnv, t.WebhookSecretFile, getenv)
	if err != nil {
		add("integrations.tickets", err, "set it to the secret shared with the ticket system, or leave it out")
	}
	out.webhook = secret
	if cfg.OIDC.Issuer != "" {
		if out.oidc, err = readSecret(cfg.OIDC.ClientSecretEnv, cfg.OIDC.ClientSecretFile, getenv); err != nil {
			add("http.oidc", err, "set it to the secret that the provider gave the client")
		}
	}
	return out, problems
}

func readHash(env, file string, getenv func(string) string) (string, error) {
	hash, err := readSecret(env, file, getenv)
	if err != nil {
		return "", err
	}
	if _, err := passwords.Parse(hash); err != nil {
		return "", fmt.Errorf("%s holds no argon2id hash", env+file)
	}
	return hash, nil
}

// readSecret reads a variable or a file, whichever is named; neither gives "".
func readSecret(env, file string, getenv func(string) string) (string, error) {
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
