package api

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"firstline/analytics/identity"
	"firstline/pipeline/number"
)

// setup is what a reload changes.
type setup struct {
	site    Site
	secrets secrets
	numbers number.Form

	certificate *tls.Certificate // nil without TLS

	oidc     OIDC
	provider *identity.Provider // nil = nobody signs in there
}

// Reload takes over who may sign in (of cfg users and oidc), the site, the form of callers' numbers, and the certificate's files, which
// may be other ones by the same names, for every request from now on. Where other machines
// reach the API and a secret is missing, it keeps what it has and says so.
func (a *API) Reload(cfg Config, site Site, numbers number.Form) error {
	cfg.Listen = a.cfg.Listen
	found, err := findSecrets(cfg, site, a.getenv, a.log)
	if err != nil {
		return err
	}
	certificate, err := a.certificate()
	if err != nil {
		return err
	}
	a.setup.Store(a.newSetup(cfg, site, found, numbers, certificate))
	select {
	case a.watch.reloaded <- struct{}{}:
	default: // an earlier reload is not seen yet: this one is with it
	}
	return nil
}

func (a *API) newSetup(cfg Config, site Site, found secrets, numbers number.Form, certificate *tls.Certificate) *setup {
	return &setup{
		site: site, secrets: found, numbers: numbers, certificate: certificate,
		oidc: cfg.OIDC, provider: newProvider(cfg.OIDC, found.oidc, a.origins.public, func() time.Time { return a.clock() }),
	}
}

// findSecrets reads the secrets. A missing one is a mistake where other machines reach the API, and told where they don't.
func findSecrets(cfg Config, site Site, getenv func(string) string, log *slog.Logger) (secrets, error) {
	found, problems := readSecrets(cfg, site, getenv)
	if !loopback(cfg.Listen) && len(problems) > 0 {
		return secrets{}, fmt.Errorf("api: %s is reachable from other machines, but %s: %s", cfg.Listen, problems[0].Path, problems[0].Message)
	}
	for _, p := range problems {
		log.Warn("secret missing, whoever needs it can't sign in", "path", p.Path, "problem", p.Message)
	}
	return found, nil
}

func (a *API) site() *Site          { return &a.setup.Load().site }
func (a *API) secrets() *secrets    { return &a.setup.Load().secrets }
func (a *API) numbers() number.Form { return a.setup.Load().numbers }
