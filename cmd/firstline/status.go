package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// statusEvery is how often `status --wait` looks again.
const statusEvery = 250 * time.Millisecond

// place is a role whose readiness can be asked for: at url, or where it listens (host:port or unix:PATH).
type place struct {
	role, url, listen string
	certificate, name string // PEM file it answers TLS with, and the name that stands there; "" = it doesn't
}

// status tells whether the roles of this host are ready, and what is missing; with --wait it looks until they are.
func status(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	wait, err := waitOf(env.args)
	if err != nil {
		return err
	}
	places := []place{
		{role: "controller", url: s.Live.URL, listen: s.Controller.Listen}, {role: "load", listen: s.LoadListen.Listen},
		{role: "api", listen: s.HTTP.Listen, certificate: s.HTTP.TLSCert, name: hostOf(s.HTTP.PublicURL)},
	}
	if s.QueueLog.File != "" {
		places = append(places, place{role: "queuelog", listen: s.QueueReady.Listen})
	}
	places = slices.DeleteFunc(places, func(p place) bool { return p.listen == "" })
	ctx, cancel := context.WithTimeout(ctx, wait+time.Duration(len(places))*startTry) // each has its own time to answer
	defer cancel()
	until := time.Now().Add(wait)
	for {
		lines, sick := look(ctx, places)
		if sick == 0 || !time.Now().Before(until) {
			_, _ = fmt.Fprint(env.stdout, strings.Join(lines, ""))
			if sick > 0 {
				return errShown
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(statusEvery):
		}
	}
}

// waitOf reads --wait DURATION; without it one look is enough.
func waitOf(args []string) (time.Duration, error) {
	if len(args) == 0 {
		return 0, nil
	}
	value, inline := strings.CutPrefix(args[0], "--wait=")
	if args[0] == "--wait" && len(args) == 2 {
		value, inline = args[1], true
	}
	wait, err := time.ParseDuration(value)
	if !inline || err != nil || wait < 0 {
		return 0, fmt.Errorf("%q is not understood; write --wait 2m", strings.Join(args, " "))
	}
	return wait, nil
}

// look asks each place once and counts those that are not ready.
func look(ctx context.Context, places []place) (lines []string, sick int) {
	for _, p := range places {
		if err := askReady(ctx, p); err != nil {
			sick++
			lines = append(lines, fmt.Sprintf("WAITS %-12s %v\n", p.role, err))
			continue
		}
		lines = append(lines, fmt.Sprintf("ready %-12s %s\n", p.role, p.listen))
	}
	return lines, sick
}

// askReady asks one role's /readyz. The error holds what it answered.
func askReady(ctx context.Context, p place) error {
	ctx, cancel := context.WithTimeout(ctx, startTry)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	if p.url == "" {
		network, address := "tcp", p.listen
		if path, ok := strings.CutPrefix(p.listen, "unix:"); ok {
			network, address = "unix", path
		}
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		p.url = "http://localhost"
	}
	if p.certificate != "" {
		trust, err := trusting(p)
		if err != nil {
			return err
		}
		p.url, transport.TLSClientConfig = "https://localhost", trust
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(p.url, "/")+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("does not run or does not answer: %w", errors.Unwrap(err)) // without the URL, which nobody may have written
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(words(said))
	}
	return nil
}

// trusting is how a role of this host is asked that encrypts: it is the one whose certificate lies here, whoever signed that.
func trusting(p place) (*tls.Config, error) {
	text, err := os.ReadFile(p.certificate)
	if err != nil {
		return nil, fmt.Errorf("read http.tls_cert: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("http.tls_cert: %s holds no certificate", p.certificate)
	}
	return &tls.Config{RootCAs: pool, ServerName: p.name, MinVersion: tls.VersionTLS12}, nil
}

// hostOf is the host of an address that was checked.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// words is what a role that isn't ready answered, for people: the controller lists what is missing, the API answers a
// problem whose errors name it, the loader writes lines.
func words(said []byte) string {
	var body struct {
		Missing []string `json:"missing"`
		Errors  []struct {
			Location string `json:"location"`
			Message  string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(said, &body); err != nil {
		return strings.ReplaceAll(strings.TrimSpace(string(said)), "\n", "; ")
	}
	for _, e := range body.Errors {
		body.Missing = append(body.Missing, e.Location+" "+e.Message)
	}
	if len(body.Missing) == 0 {
		return strings.TrimSpace(string(said))
	}
	return strings.Join(body.Missing, "; ")
}
