package api

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// writeCertificate writes a new pair for 127.0.0.1 and returns the pool that trusts it.
func writeCertificate(t *testing.T, cert, key string, ends time.Time) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(ends.Unix()), NotBefore: time.Now().Add(-time.Hour), NotAfter: ends, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool.AppendCertsFromPEM(text)
	for path, text := range map[string][]byte{cert: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// TestTLS: the API encrypts by itself, streams too, and a renewed certificate needs no restart.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first, second := time.Now().Add(time.Hour).Truncate(time.Second), time.Now().Add(48*time.Hour).Truncate(time.Second)
	pool := writeCertificate(t, cert, key, first)
	w := newWorld(t, options{config: func(c *Config) {
		quickBeat(c)
		c.PublicURL, c.TLSCert, c.TLSKey = "https://127.0.0.1", cert, key
	}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.api.Run(ctx) }()
	defer func() {
		cancel()
		<-done
	}()
	<-w.api.Listening()
	base := "https://" + w.api.Addr().String()
	client := func(pool *x509.CertPool) *http.Client {
		return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+Prefix+"/session", strings.NewReader(`{"name":"sue","secret":"`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", base)
	res, err := client(pool).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	cookie := res.Header.Get("Set-Cookie")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "Secure") || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if n := testutil.ToFloat64(w.api.m.certificateEnds); n != float64(first.Unix()) {
		t.Errorf("it ends at %v", n)
	}

	stream, err := http.NewRequestWithContext(ctx, http.MethodGet, base+Prefix+"/live/wallboard", nil)
	if err != nil {
		t.Fatal(err)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	stream.Header.Set("Cookie", pair)
	open, err := client(pool).Do(stream)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = open.Body.Close() }()
	if line, err := bufio.NewReader(open.Body).ReadString('\n'); err != nil || line != "event: state\n" {
		t.Errorf("%q, %v", line, err)
	}

	// Renewed, it is served after the reload; one that is broken is not taken over.
	renewed := writeCertificate(t, cert, key, second)
	get := func(pool *x509.CertPool) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
		if err != nil {
			return err
		}
		res, err := client(pool).Do(req)
		if err == nil {
			err = res.Body.Close()
		}
		return err
	}
	reload := func() error { return w.api.Reload(w.cfg, w.site, w.api.numbers()) }
	if err := reload(); err != nil {
		t.Fatal(err)
	}
	if get(renewed) != nil || get(pool) == nil {
		t.Error("the renewed certificate is not the one that is served")
	}
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := reload(); err == nil || !strings.Contains(err.Error(), "http.tls_cert") {
		t.Errorf("a broken one gives %v", err)
	}
	if err := get(renewed); err != nil {
		t.Error(err)
	}
}

func TestTLSConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"tls_key":    func(c *Config) { c.TLSCert, c.PublicURL = "cert.pem", "https://desk.example" },
		"public_url": func(c *Config) { c.TLSCert, c.TLSKey = "cert.pem", "key.pem" },
		"":           func(c *Config) { c.TLSCert, c.TLSKey, c.PublicURL = "cert.pem", "key.pem", "https://desk.example" },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if got := paths(cfg.Validate()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
