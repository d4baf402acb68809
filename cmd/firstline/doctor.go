package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"firstline/analytics/api"
	"firstline/analytics/notify"
	"firstline/analytics/registry"
	"firstline/analytics/store"
	"firstline/pipeline/kafka"
	"firstline/pipeline/parts"
	"firstline/telephony/asterisk"
	"firstline/telephony/callcenter"
)

// finding is one thing the doctor looked at.
type finding struct {
	name   string
	err    error  // nil = fit
	detail string // of what is fit
	mend   string
}

// doctor looks whether everything the configuration names is there and fit. It changes nothing.
func doctor(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	findings := secretsFit(s, env)
	findings = append(findings, enginesFit(ctx, s, env)...)
	findings = append(findings, providerFit(ctx, s, env)...)
	findings = append(findings, asteriskFit(ctx, s, env)...)
	findings = append(findings, promptsFound(s)...)
	sick := 0
	for _, f := range findings {
		if f.err == nil {
			_, _ = fmt.Fprintf(env.stdout, "ok    %-22s %s\n", f.name, f.detail)
			continue
		}
		sick++
		_, _ = fmt.Fprintf(env.stdout, "WRONG %-22s %v\n      %-22s → %s\n", f.name, f.err, "", f.mend)
	}
	if sick > 0 {
		_, _ = fmt.Fprintf(env.stdout, "%d of %d are wrong\n", sick, len(findings))
		return errShown
	}
	return nil
}

func secretsFit(s *settings, env *environment) []finding {
	var out []finding
	for _, p := range append(api.CheckSecrets(s.HTTP, s.Site, env.getenv), notify.CheckSecrets(s.Mail, s.Webhooks, env.getenv)...) {
		out = append(out, finding{name: "secrets", err: fmt.Errorf("%s: %s", p.Path, p.Message), mend: p.Mend})
	}
	type secret struct{ name, variable string }
	named := []secret{
		{"ARI password", s.Asterisk.PasswordEnv}, {"ClickHouse password", s.Store.PasswordEnv}, {"look-up token", s.Tickets.Tickets.TokenEnv},
		{"Kafka password", s.Kafka.SASL.PasswordEnv}, {"controller's token", s.Controller.TokenEnv},
	}
	if s.Tickets.Pop.Webhook != "" {
		named = append(named, secret{"screen pop's secret", s.Tickets.Pop.SecretEnv})
	}
	if s.Node.Embedded {
		named = append(named, secret{"phones' secret", s.Node.SecretEnv})
	}
	for _, v := range named {
		if v.variable != "" && env.getenv(v.variable) == "" {
			out = append(out, finding{name: v.name, err: fmt.Errorf("the variable %s is empty", v.variable), mend: "set it in the environment of every role"})
		}
	}
	if len(out) == 0 {
		out = append(out, finding{name: "secrets", detail: "all set"})
	}
	return out
}

// enginesFit looks at Kafka, ClickHouse and PostgreSQL: the embedded ones by their parts, outside ones by asking them.
func enginesFit(ctx context.Context, s *settings, env *environment) []finding {
	var out []finding
	if s.Engine.Embedded && s.Engine.Library == "" {
		path, err := parts.ClickHouseLibrary()
		out = append(out, finding{"clickhouse library", err, path, "make setup, or set clickhouse.library"})
	}
	if !s.Engine.Embedded {
		db, err := store.Open(s.Store, env.getenv, env.log, newRegistry())
		if err == nil {
			err = db.Ping(ctx)
			_ = db.Close()
		}
		out = append(out, finding{"clickhouse", err, s.Store.URL, "start it, or mend clickhouse.url, username and password_env; then firstline migrate"})
	}
	if s.HTTP.State.Postgres() {
		address, err := api.StateAddress(s.HTTP, env.getenv)
		detail := ""
		if err == nil {
			detail, err = registry.Inspect(ctx, address)
		}
		out = append(out, finding{"postgresql", err, detail, "start it, or mend the database or its address in " + s.HTTP.State.PostgresEnv + s.HTTP.State.PostgresFile + ": docs/operate.md"})
	}
	if !s.Kafka.Embedded {
		cluster, err := kafka.Open(s.Kafka, env.getenv)
		id := ""
		if err == nil {
			id, err = cluster.ID(ctx)
		}
		out = append(out, finding{"kafka", err, "cluster " + id, "start it, or mend kafka.brokers"})
	}
	return out
}

// providerFit asks the identity provider, where there is one.
func providerFit(ctx context.Context, s *settings, env *environment) []finding {
	if s.HTTP.OIDC.Issuer == "" {
		return nil
	}
	detail, err := api.CheckProvider(ctx, s.HTTP, env.getenv)
	return []finding{{"identity provider", err, detail, "mend http.oidc, or what the provider has for this client: docs/security.md"}}
}

// asteriskFit asks a running Asterisk for what the controller relies on, and looks at its files where they are known.
func asteriskFit(ctx context.Context, s *settings, env *environment) []finding {
	place := asterisk.Place{Node: s.Plan.Node, Heard: s.Center.Heard()}
	place.Headers = slices.ContainsFunc(s.Plan.Agents, func(a callcenter.Agent) bool { return a.AutoAnswer })
	place.Records = slices.ContainsFunc(s.Plan.Queues, func(q callcenter.Queue) bool { return q.Recording.Mode != callcenter.RecordOff })
	place.Announces = slices.ContainsFunc(s.Plan.Queues, func(q callcenter.Queue) bool { return len(q.Recording.Announce) > 0 })
	place.Out = s.Plan.Outbound.Endpoint != ""
	if s.Node.Embedded {
		if cfg, err := nodeOf(s, env.getenv); err == nil {
			place.Root, place.ConfigDir = cfg.Root, "/srv/firstline/"+cfg.Name+"/etc"
		}
	}
	for _, q := range s.Plan.Queues {
		if q.MusicClass != "" {
			place.Music = append(place.Music, q.MusicClass)
		}
	}
	slices.Sort(place.Music)
	place.Music = slices.Compact(place.Music)
	var out []finding
	for _, c := range asterisk.Doctor(ctx, s.Asterisk, env.getenv(s.Asterisk.PasswordEnv), place) {
		f := finding{name: c.Name, detail: c.Detail, mend: c.Mend}
		if !c.OK {
			f.err = errors.New(c.Detail)
		}
		out = append(out, f)
	}
	return out
}
