// Package notify delivers messages: by e-mail over SMTP, and by webhooks.
//
// analytics/api has it send reports and alerts. One call is one try: who calls keeps what is left to be sent, and tries again after a
// failure that isn't permanent. It keeps nothing and reads no message.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Message is what is delivered. Mail takes subject, text and files, a webhook the body.
type Message struct {
	ID      string // of the delivery: the same at each try, so that who gets it twice can know
	Kind    string // report or alerts: a label of the counters
	Subject string
	Text    string
	File    *File
	Body    []byte // JSON
}

// File is an attachment.
type File struct {
	Name, Type string
	Content    []byte
}

// ErrPermanent says that another try would fail as well.
var ErrPermanent = errors.New("it will not be accepted")

// Sender delivers. It is safe for concurrent use.
type Sender struct {
	mail *mailer
	hook *hooks
	m    *metrics
}

// New checks the configuration and reads the secrets it names; it connects to nothing. now stamps signatures and mails.
func New(mail MailConfig, hooks HookConfig, getenv func(string) string, now func() time.Time, log *slog.Logger, reg prometheus.Registerer) (*Sender, error) {
	if problems := append(mail.Validate(), hooks.Validate()...); len(problems) > 0 {
		return nil, fmt.Errorf("notify: %s %s", problems[0].Path, problems[0].Message)
	}
	password, err := secret(mail.PasswordEnv, mail.PasswordFile, getenv)
	if err != nil {
		log.Warn("the mail server's password is missing, mails will be refused", "error", err)
	}
	key, err := secret(hooks.SecretEnv, hooks.SecretFile, getenv)
	if err != nil {
		log.Warn("the secret of webhooks is missing, none is sent", "error", err)
	}
	return &Sender{mail: newMailer(mail, password, now), hook: newHooks(hooks, key, now), m: newMetrics(reg)}, nil
}

// Check tells what is wrong with a target: an address or a URL that nothing could be sent to. nil = nothing that is known ahead.
func (s *Sender) Check(target string) error {
	if IsWebhook(target) {
		return s.hook.check(target)
	}
	return s.mail.cfg.Check(target)
}

// IsWebhook tells a webhook's URL from a mail address.
func IsWebhook(target string) bool { return strings.Contains(target, "://") }

// Send tries once to deliver a message to a mail address or a webhook.
func (s *Sender) Send(ctx context.Context, target string, m Message) error {
	way, send := "mail", s.mail.send
	if IsWebhook(target) {
		way, send = "webhook", s.hook.send
	}
	began := time.Now()
	err := send(ctx, target, m)
	result := "sent"
	switch {
	case errors.Is(err, ErrPermanent):
		result = "refused"
	case err != nil:
		result = "failed"
	}
	s.m.tries.WithLabelValues(way, m.Kind, result).Inc()
	s.m.seconds.WithLabelValues(way).Observe(time.Since(began).Seconds())
	return err
}

// Drop counts a message that is given up.
func (s *Sender) Drop(target, kind string) {
	way := "mail"
	if IsWebhook(target) {
		way = "webhook"
	}
	s.m.dropped.WithLabelValues(way, kind).Inc()
}

// Hidden is a target as logs and lists of others may show it: a URL without what may be secret in it.
func Hidden(target string) string {
	u, err := url.Parse(target)
	if !IsWebhook(target) || err != nil {
		return target
	}
	return u.Scheme + "://" + u.Host + "/…"
}

func permanent(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrPermanent, fmt.Errorf(format, args...))
}

// address reads a plain mail address.
func address(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || strings.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%q is no mail address", text)
	}
	return a, nil
}
