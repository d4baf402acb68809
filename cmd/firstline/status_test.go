package main

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStatusOverTLS: a role that encrypts is asked with the certificate that lies on this host, and one with another is not it.
func TestStatusOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ready")) }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "cert.pem")
	p := place{role: "api", listen: server.Listener.Addr().String(), certificate: file, name: hostOf("https://example.com:8443")}
	if err := askReady(context.Background(), p); err == nil || !strings.Contains(err.Error(), "http.tls_cert") {
		t.Errorf("without the file: %v", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := askReady(context.Background(), p); err != nil {
		t.Error(err)
	}
	p.name = "elsewhere.example"
	if err := askReady(context.Background(), p); err == nil || !strings.Contains(err.Error(), "elsewhere.example") {
		t.Errorf("by another name: %v", err)
	}
	if err := os.WriteFile(file, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := askReady(context.Background(), p); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("a file without one: %v", err)
	}
}
