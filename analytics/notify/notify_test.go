package notify

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/notify/notifytest"
	"firstline/pipeline/signature"
)

const key = "a secret shared with who takes webhooks"

func now() time.Time { return time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC) }

// sender is one that writes to a server, as the test changes it.
func sender(t *testing.T, s *notifytest.Server, change func(*MailConfig, *HookConfig)) *Sender {
	t.Helper()
	mail, hooks := DefaultMail(), DefaultHooks()
	mail.From, mail.User, mail.PasswordEnv, mail.Timeout = "firstline@example.com", notifytest.User, "PASSWORD", 10*time.Second
	if s != nil {
		mail.Host, mail.Port, mail.CAFile = s.Host, s.Port, s.CAFile
	}
	hooks.SecretEnv, hooks.Allow = "KEY", []string{"127.0.0.0/8"}
	if change != nil {
		change(&mail, &hooks)
	}
	env := map[string]string{"PASSWORD": notifytest.Password, "WRONG": "another", "KEY": key}
	out, err := New(mail, hooks, func(k string) string { return env[k] }, now, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func message() Message {
	return Message{ID: "r1.42", Kind: "report", Subject: "Überblick\r\nBcc: eve@example.com", Text: "Yesterday: 42 calls.\n",
		File: &File{"queues.csv", "text/csv", []byte("queue,offered\nsupport,42\n")}, Body: []byte(`{"a":1}`)}
}

// TestMailArrives: by each kind of encryption, whole, and with nothing smuggled into its head.
func TestMailArrives(t *testing.T) {
	for _, way := range []string{TLSStart, TLSFull} {
		server := notifytest.Start(t, way == TLSFull)
		s := sender(t, server, func(c *MailConfig, _ *HookConfig) { c.TLS = way })
		if err := s.Send(context.Background(), "sue@example.com", message()); err != nil {
			t.Fatal(way, err)
		}
		got := server.Wait(1, time.Minute)[0]
		if got.To != "sue@example.com" || got.Subject != "Überblick Bcc: eve@example.com" || got.Text != "Yesterday: 42 calls.\n" ||
			got.Name != "queues.csv" || string(got.File) != "queue,offered\nsupport,42\n" || got.Header.Get("Bcc") != "" {
			t.Errorf("%s: %+v", way, got)
		}
		if got.Header.Get("Message-ID") != "<r1.42@example.com>" || got.Header.Get("Auto-Submitted") != "auto-generated" || got.Header.Get("Date") != "Mon, 02 Mar 2026 07:00:00 +0000" {
			t.Errorf("%s: %v", way, got.Header)
		}
		if n := testutil.ToFloat64(s.m.tries.WithLabelValues("mail", "report", "sent")); n != 1 {
			t.Errorf("%v are counted as sent", n)
		}
	}
}

// TestMailFails: what may go right later is told from what will not.
func TestMailFails(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*MailConfig, *HookConfig)
		server func(*notifytest.Server)
		to     string
		final  bool
		tries  int // that came to the server
	}{
		"server down":      {server: (*notifytest.Server).Stop},
		"busy":             {server: func(s *notifytest.Server) { s.Refuse(451) }, tries: 1},
		"refused":          {server: func(s *notifytest.Server) { s.Refuse(550) }, final: true, tries: 1},
		"wrong password":   {change: func(c *MailConfig, _ *HookConfig) { c.PasswordEnv = "WRONG" }, final: true},
		"no tls there":     {change: func(c *MailConfig, _ *HookConfig) { c.TLS = TLSFull }},
		"not trusted":      {change: func(c *MailConfig, _ *HookConfig) { c.CAFile = "" }},
		"another domain":   {change: func(c *MailConfig, _ *HookConfig) { c.Domains = []string{"example.org"} }, final: true},
		"no address":       {to: "sue", final: true},
		"no server at all": {change: func(c *MailConfig, _ *HookConfig) { c.Host = "" }, final: true},
	} {
		server := notifytest.Start(t, false)
		if c.server != nil {
			c.server(server)
		}
		s := sender(t, server, func(m *MailConfig, h *HookConfig) {
			m.Timeout = 2 * time.Second
			if c.change != nil {
				c.change(m, h)
			}
		})
		if c.to == "" {
			c.to = "sue@example.com"
		}
		err := s.Send(context.Background(), c.to, message())
		if err == nil || errors.Is(err, ErrPermanent) != c.final {
			t.Errorf("%s: %v", name, err)
		}
		if mails, tries := server.Mails(); len(mails) > 0 || tries != c.tries {
			t.Errorf("%s: %d mails, %d tries", name, len(mails), tries)
		}
		if strings.Contains(err.Error(), notifytest.Password) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// taker takes webhooks and answers as it is told.
func taker(t *testing.T, status int) (string, *[]http.Request, *[]string) {
	t.Helper()
	var requests []http.Request
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		requests, bodies = append(requests, *r), append(bodies, string(b))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, &requests, &bodies
}

func TestWebhook(t *testing.T) {
	s := sender(t, nil, nil)
	url, requests, bodies := taker(t, http.StatusNoContent)
	if err := s.Send(context.Background(), url+"/hook?token=x", message()); err != nil {
		t.Fatal(err)
	}
	r := (*requests)[0]
	if err := signature.Verify(key, r.Header.Get(signature.Header), []byte((*bodies)[0]), now()); err != nil || (*bodies)[0] != `{"a":1}` || r.Header.Get(DeliveryHeader) != "r1.42" {
		t.Errorf("%v: %v %v", err, r.Header, *bodies)
	}
	for status, final := range map[int]bool{302: true, 400: true, 404: true, 408: false, 410: true, 425: false, 429: false, 500: false, 503: false} {
		url, requests, _ := taker(t, status)
		if err := s.Send(context.Background(), url, message()); err == nil || errors.Is(err, ErrPermanent) != final || len(*requests) != 1 {
			t.Errorf("%d: %v, %d requests", status, err, len(*requests))
		}
	}
	gone, _, _ := taker(t, 200)
	gone = strings.Replace(gone, "127.0.0.1", "127.0.0.2", 1) // nobody listens there
	if err := s.Send(context.Background(), gone+"/?token=secret", message()); err == nil || errors.Is(err, ErrPermanent) || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
}

// TestWebhookNeverReachesTheNetworkWithin: not by address, not by a name that leads there, not by any way of writing it.
func TestWebhookNeverReachesTheNetworkWithin(t *testing.T) {
	url, requests, _ := taker(t, http.StatusOK)
	port := url[strings.LastIndexByte(url, ':'):]
	s := sender(t, nil, func(_ *MailConfig, h *HookConfig) { h.Allow = nil })
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		if err := s.Send(context.Background(), "http://"+host+port, message()); !errors.Is(err, ErrPermanent) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(*requests) > 0 {
		t.Errorf("%d requests came there", len(*requests))
	}
	for address, want := range map[string]bool{
		"10.0.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "224.0.0.1": false, "fe80::1": false,
		"fd00::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "255.255.255.255": false, "8.8.8.8": true, "2606:4700::1111": true,
	} {
		if got := s.hook.allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is allowed: %v", address, got)
		}
	}
	for _, target := range []string{"ftp://example.com", "https://", "https://user:pw@example.com/", "http://10.0.0.1/"} {
		if s.Check(target) == nil {
			t.Errorf("%s passes", target)
		}
	}
	if err := s.Check("https://hooks.example.com/x"); err != nil {
		t.Error(err)
	}
	if s := sender(t, nil, func(_ *MailConfig, h *HookConfig) { h.SecretEnv = "" }); s.Check("https://hooks.example.com/x") == nil {
		t.Error("nothing signs, and it passes")
	}
}

func TestValidate(t *testing.T) {
	good := MailConfig{Host: "mail.example.com", Port: 587, TLS: TLSStart, From: "f@example.com", User: "u", PasswordEnv: "P", Timeout: time.Second}
	if p := good.Validate(); len(p) > 0 {
		t.Error(p)
	}
	for want, change := range map[string]func(*MailConfig){
		"port": func(c *MailConfig) { c.Port = 0 }, "tls": func(c *MailConfig) { c.TLS = TLSNone }, "from": func(c *MailConfig) { c.From = "F <f@example.com>" },
		"user": func(c *MailConfig) { c.User = "" }, "password_env": func(c *MailConfig) { c.PasswordFile = "p" }, "timeout": func(c *MailConfig) { c.Timeout = 0 },
		"domains.0": func(c *MailConfig) { c.Domains = []string{"@example.com"} }, "ca_file": func(c *MailConfig) { c.CAFile = "/none" },
	} {
		c := good
		change(&c)
		if p := c.Validate(); len(p) != 1 || p[0].Path != want {
			t.Errorf("%s: %v", want, p)
		}
	}
	hooks := HookConfig{Allow: []string{"10.0.0.0/8", "10.1.1.1", "host"}, SecretEnv: "S", SecretFile: "s"}
	var paths []string
	for _, p := range hooks.Validate() {
		paths = append(paths, p.Path)
	}
	if strings.Join(paths, " ") != "timeout secret_env allow.2" {
		t.Error(paths)
	}
	if p := CheckSecrets(good, HookConfig{SecretFile: "/none"}, func(string) string { return "" }); len(p) != 2 {
		t.Error(p)
	}
	if Hidden("https://hooks.example.com/services/T0/secret") != "https://hooks.example.com/…" || Hidden("sue@example.com") != "sue@example.com" {
		t.Error("hidden targets show too much")
	}
}
