package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"firstline/pipeline/signature"
)

// DeliveryHeader names a delivery: the same at each try.
const DeliveryHeader = "Firstline-Delivery"

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

type hooks struct {
	cfg     HookConfig
	secret  string
	now     func() time.Time
	allowed []netip.Prefix
	client  *http.Client
}

func newHooks(cfg HookConfig, secret string, now func() time.Time) *hooks {
	h := &hooks{cfg: cfg, secret: secret, now: now}
	for _, text := range cfg.Allow {
		if n, err := network(text); err == nil { // Validate has said so
			h.allowed = append(h.allowed, n)
		}
	}
	dialer := &net.Dialer{Control: h.guard}
	h.client = &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxConnsPerHost: 4, IdleConnTimeout: 30 * time.Second}, // no proxy: it would dial for us
		CheckRedirect: func(*http.Request, []*http.Request) error { // an address is checked, where it leads on to is not
			return http.ErrUseLastResponse
		},
	}
	return h
}

// guard is asked with the address that is about to be dialled, behind every look-up of a name, so that no name can lead to where
// it may not.
func (h *hooks) guard(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return permanent("dial %s: %w", address, err)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return permanent("dial %s: %w", address, err)
	}
	if !h.allows(ip) {
		return permanent("%s is no public address, and not in webhooks.allow", ip)
	}
	return nil
}

func (h *hooks) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, n := range h.allowed {
		if n.Contains(ip) {
			return true
		}
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, n := range reserved() {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}

// reserved are addresses that net/netip calls global and that nobody on the Internet has, or that stand for others: IANA's special-purpose
// registries.
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// check tells why nothing could be posted to a URL, as far as that is known without asking for its name's addresses.
func (h *hooks) check(target string) error {
	u, err := url.Parse(target)
	switch {
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "":
		return errors.New("it is no http or https URL")
	case u.User != nil:
		return errors.New("the URL holds a password, which the webhook's signature stands for")
	case h.secret == "":
		return errors.New("no secret signs webhooks: webhooks.secret_env")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !h.allows(ip) {
		return fmt.Errorf("%s is no public address, and not in webhooks.allow", ip)
	}
	return nil
}

// send posts the body. 2xx = delivered; 4xx other than 408, 425 and 429, and redirects, are final.
func (h *hooks) send(ctx context.Context, target string, m Message) error {
	if err := h.check(target); err != nil {
		return permanent("%w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(m.Body))
	if err != nil {
		return permanent("webhook request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Firstline")
	req.Header.Set(DeliveryHeader, m.ID)
	req.Header.Set(signature.Header, signature.Sign(h.secret, h.now(), m.Body))
	resp, err := h.client.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) { // its text holds the whole URL
			err = ue.Err
		}
		return fmt.Errorf("webhook: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // drained below
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return answered(resp.StatusCode)
}

func answered(status int) error {
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	switch {
	case status/100 == 2:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status/100 == 5:
		return fmt.Errorf("webhook answered %s", text)
	case status/100 == 3:
		return permanent("webhook answered %s, and redirects are not followed", text)
	default:
		return permanent("webhook answered %s", text)
	}
}
