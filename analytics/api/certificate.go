package api

import (
	"crypto/tls"
	"fmt"
	"net"
)

// certificate reads the pair that http.tls_cert and http.tls_key name; nil when none is named: a proxy before the API encrypts, or
// nobody does.
func (a *API) certificate() (*tls.Certificate, error) {
	if a.cfg.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(a.cfg.TLSCert, a.cfg.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("api: http.tls_cert and http.tls_key: %w", err)
	}
	a.m.certificateEnds.Set(float64(pair.Leaf.NotAfter.Unix()))
	return &pair, nil
}

// encrypted is the listener with TLS, where that is set. Each handshake takes the certificate of the last reload, so that a renewed
// one needs no restart.
func (a *API) encrypted(ln net.Listener) net.Listener {
	if a.cfg.TLSCert == "" {
		return ln
	}
	return tls.NewListener(ln, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.setup.Load().certificate, nil },
	})
}
