package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

type mailer struct {
	cfg      MailConfig
	password string
	now      func() time.Time
}

func newMailer(cfg MailConfig, password string, now func() time.Time) *mailer {
	return &mailer{cfg: cfg, password: password, now: now}
}

// send hands one mail to the server, over a connection of its own.
func (m *mailer) send(ctx context.Context, to string, msg Message) error {
	if err := m.cfg.Check(to); err != nil {
		return permanent("%w", err)
	}
	mail, err := m.compose(to, msg)
	if err != nil {
		return permanent("compose mail: %w", err)
	}
	client, err := m.client()
	if err != nil {
		return permanent("mail server %s: %w", m.cfg.Host, err)
	}
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, mail); err != nil && !mail.IsDelivered() { // it was taken, though the farewell failed
		err = fmt.Errorf("mail server %s: %w", m.cfg.Host, err)
		if final(err) {
			return permanent("%w", err)
		}
		return err
	}
	return nil
}

func (m *mailer) compose(to string, msg Message) (*gomail.Msg, error) {
	mail := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := mail.From(m.cfg.From); err != nil {
		return nil, err
	}
	if err := mail.To(to); err != nil {
		return nil, err
	}
	mail.Subject(strings.Join(strings.Fields(msg.Subject), " ")) // no line break gets into the head
	mail.SetDateWithValue(m.now())
	mail.SetMessageIDWithValue(msg.ID + m.cfg.From[strings.LastIndexByte(m.cfg.From, '@'):])
	mail.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers it
	mail.SetBodyString(gomail.TypeTextPlain, msg.Text)
	if f := msg.File; f != nil {
		if err := mail.AttachReader(f.Name, bytes.NewReader(f.Content), gomail.WithFileContentType(gomail.ContentType(f.Type))); err != nil {
			return nil, err
		}
	}
	return mail, nil
}

func (m *mailer) client() (*gomail.Client, error) {
	pool, err := m.cfg.authorities()
	if err != nil {
		return nil, err
	}
	options := []gomail.Option{
		gomail.WithPort(m.cfg.Port), gomail.WithTimeout(m.cfg.Timeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: m.cfg.Host, MinVersion: tls.VersionTLS12, RootCAs: pool}),
	}
	switch m.cfg.TLS {
	case TLSFull:
		options = append(options, gomail.WithSSL())
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.cfg.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.cfg.User), gomail.WithPassword(m.password))
	}
	return gomail.NewClient(m.cfg.Host, options...)
}

// authorities are the certificates that the server's is trusted by; nil = the machine's.
func (c MailConfig) authorities() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", c.CAFile)
	}
	return pool, nil
}

// final says that the server refused for good: RFC 5321's replies of 500 and above. All else, a server that is not there among it, may
// go right later.
func final(err error) bool {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code >= 500
	}
	var refused *gomail.SendError
	return errors.As(err, &refused) && refused.ErrorCode() >= 500
}
