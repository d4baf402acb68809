// Package notifytest is a mail server and a taker of webhooks for tests: real SMTP on a real socket, with faults on request. Only tests
// import it.
package notifytest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// User and Password are who may sign in.
const (
	User     = "firstline"
	Password = "a mail password"
)

// Mail is one that came in.
type Mail struct {
	To      string
	Subject string
	Header  mail.Header
	Text    string
	Name    string // of the attachment; empty = none
	File    []byte
}

// Server is a mail server.
type Server struct {
	Host   string
	Port   int
	CAFile string // of its certificate

	server   *smtp.Server
	listener net.Listener
	t        testing.TB

	mu     sync.Mutex // guards all below
	mails  []Mail
	tries  int
	refuse error
	change chan struct{}
}

// Start runs a mail server until the test ends; encrypted from the first byte, or upon STARTTLS.
func Start(t testing.TB, full bool) *Server {
	t.Helper()
	s := &Server{t: t, change: make(chan struct{})}
	cert, caFile := certificate(t)
	s.CAFile = caFile
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	s.server.Domain, s.server.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Host, s.Port = "127.0.0.1", ln.Addr().(*net.TCPAddr).Port
	if full {
		ln = tls.NewListener(ln, s.server.TLSConfig)
	}
	s.listener = ln
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Serve(ln)
	}()
	t.Cleanup(func() { s.Stop(); <-done })
	return s
}

// Stop ends it: connections are refused from then on.
func (s *Server) Stop() {
	_ = s.server.Close()
	_ = s.listener.Close() // the server knows it only once it serves
}

// Refuse has each mail be answered so from now on; 0 = taken.
func (s *Server) Refuse(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = nil
	if code != 0 {
		s.refuse = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "as the test wants"}
	}
}

// Mails are those that came in, and the number of all tries.
func (s *Server) Mails() ([]Mail, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail{}, s.mails...), s.tries
}

// Wait waits until so many mails are there.
func (s *Server) Wait(n int, patience time.Duration) []Mail {
	s.t.Helper()
	end := time.After(patience)
	for {
		s.mu.Lock()
		mails, change := append([]Mail{}, s.mails...), s.change
		s.mu.Unlock()
		if len(mails) >= n {
			return mails
		}
		select {
		case <-change:
		case <-end:
			s.t.Fatalf("%d mails came, %d were awaited", len(mails), n)
		}
	}
}

type session struct {
	server   *Server
	signedIn bool
	to       []string
}

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms, Auth and the rest are what go-smtp asks of a session.
func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.tries++
	if !s.signedIn {
		return smtp.ErrAuthRequired
	}
	return s.server.refuse
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := read(r)
	if err != nil {
		return err
	}
	m.To = strings.Join(s.to, ",")
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, m)
	close(s.server.change)
	s.server.change = make(chan struct{})
	return nil
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }

// read takes a mail apart: its text, and its first attachment.
func read(r io.Reader) (Mail, error) {
	raw, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Header: raw.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(raw.Header.Get("Subject")); err != nil {
		return m, err
	}
	kind, params, err := mime.ParseMediaType(raw.Header.Get("Content-Type"))
	if err != nil {
		return m, err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		text, err := decoded(raw.Header.Get("Content-Transfer-Encoding"), raw.Body)
		m.Text = string(text)
		return m, err
	}
	parts := multipart.NewReader(raw.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		content, err := decoded(p.Header.Get("Content-Transfer-Encoding"), p)
		if err != nil {
			return m, err
		}
		if name := p.FileName(); name != "" {
			m.Name, m.File = name, content
		} else {
			m.Text = string(content)
		}
	}
}

func decoded(encoding string, r io.Reader) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	b, err := io.ReadAll(r)
	return []byte(strings.ReplaceAll(string(b), "\r\n", "\n")), err
}

// certificate makes one that signs itself, and the file by which it is trusted.
func certificate(t testing.TB) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}
