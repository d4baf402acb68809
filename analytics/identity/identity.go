// Package identity asks an identity provider who somebody is, by OpenID Connect: the authorization code flow with PKCE.
//
// analytics/api owns one Provider and calls it when somebody signs in or out. It decides nothing about rights, keeps no session and
// writes no file; what it stands on is the provider's discovery document, which it fetches when it is first needed.
package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config says how the provider knows us, and which of its claims we read. All but Claims.Agent and Scopes are needed.
type Config struct {
	Issuer   string // as the provider writes it in its tokens
	ClientID string
	Secret   string
	Scopes   []string // beside openid
	Redirect string   // absolute address of the call back, as it is registered at the provider
	Home     string   // absolute address to which signing out there leads back
	Claims   Claims
}

// Claims are names of claims. One within others is named by a path with dots: realm_access.roles.
type Claims struct{ Name, Label, Groups, Agent string }

// Person is whom the provider proved.
type Person struct {
	Subject string // who he is there, for good; of this client's issuer
	Name    string
	Label   string // how he is greeted
	Groups  []string
	Agent   string // as the claim says; "" = it isn't there
	IDToken string
	Session string // the provider's own, as it names it; "" = it doesn't
}

// ErrUnreachable says that the provider does not answer, or not as one does. ErrRefused says that it refused, or that what it sent is
// no proof.
var (
	ErrUnreachable = errors.New("the identity provider does not answer")
	ErrRefused     = errors.New("the identity provider proved nobody")
)

const (
	patience   = 10 * time.Second // with one sign-in's requests to the provider
	mostAnswer = 1 << 20          // bytes of an answer
	skew       = time.Minute      // how far the provider's clock may be from ours
	fresh      = 5 * time.Second  // how long ago it may have answered for a browser to be sent there
)

// Provider is one provider. Its methods may be called from any goroutine.
type Provider struct {
	cfg    Config
	client *http.Client
	clock  func() time.Time

	mu    sync.Mutex // guards found
	found *found     // nil = not discovered, or it didn't answer when it was asked last
}

// found is what discovery brought.
type found struct {
	at       time.Time
	provider *oidc.Provider
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	metadata metadata
}

// metadata is what of the discovery document the library doesn't read.
type metadata struct {
	EndSession string   `json:"end_session_endpoint"`
	Keys       string   `json:"jwks_uri"`
	PKCE       []string `json:"code_challenge_methods_supported"`
	Auth       []string `json:"token_endpoint_auth_methods_supported"`
}

// New returns a provider; it asks nothing yet.
func New(cfg Config, clock func() time.Time) *Provider {
	transport, _ := http.DefaultTransport.(*http.Transport)
	return &Provider{cfg: cfg, clock: clock, client: &http.Client{
		Timeout: patience, Transport: bounded{transport.Clone()},
		// A redirected request would carry the secret to wherever it is sent.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Issuer is the provider's name for itself.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// bounded reads no more of an answer than a provider has to say.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(req)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, mostAnswer)
	}
	return res, err
}

// Look asks the provider for its discovery document and its keys, and forgets what it said before. It fails with ErrUnreachable.
func (p *Provider) Look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	f, err := p.discover(ctx)
	if err != nil {
		err = fmt.Errorf("%w: %s: %w", ErrUnreachable, p.cfg.Issuer, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = f
	return err
}

func (p *Provider) discover(ctx context.Context) (*found, error) {
	provider, err := oidc.NewProvider(ctx, p.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	f := &found{at: p.clock(), provider: provider}
	if err := provider.Claims(&f.metadata); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	endpoint := provider.Endpoint()
	switch m := f.metadata; {
	case endpoint.AuthURL == "" || endpoint.TokenURL == "":
		return nil, errors.New("discovery: it offers no authorization code flow")
	case m.PKCE != nil && !slices.Contains(m.PKCE, "S256"):
		return nil, errors.New("discovery: it offers no PKCE with S256")
	case m.Auth == nil || slices.Contains(m.Auth, "client_secret_basic"):
		endpoint.AuthStyle = oauth2.AuthStyleInHeader
	case slices.Contains(m.Auth, "client_secret_post"):
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	default:
		return nil, fmt.Errorf("discovery: it takes no client secret, but %s", strings.Join(m.Auth, ", "))
	}
	if err := p.reach(ctx, f.metadata.Keys); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	f.oauth = oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: endpoint, RedirectURL: p.cfg.Redirect,
		Scopes: slices.Compact(append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...)),
	}
	// Of a token that is over it is said so only when it is by the slowest clock allowed.
	f.verifier = provider.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: func() time.Time { return p.clock().Add(-skew) }})
	return f, nil
}

// reach looks whether there is an answer.
func (p *Provider) reach(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, res.Status)
	}
	return nil
}

// last is what discovery brought when it was tried last; nil = nothing.
func (p *Provider) last() *found {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.found
}

// known is what discovery brought, now or no longer ago than given.
func (p *Provider) known(ctx context.Context, ago time.Duration) (*found, error) {
	if f := p.last(); f != nil && p.clock().Sub(f.at) < ago {
		return f, nil
	}
	if err := p.Look(ctx); err != nil {
		return nil, err
	}
	if f := p.last(); f != nil {
		return f, nil
	}
	return nil, ErrUnreachable // another one's look failed in between
}

// Begin is the provider's address to which the browser goes that keeps the attempt. It fails with ErrUnreachable: nobody is sent to a
// provider that is down.
func (p *Provider) Begin(ctx context.Context, a Attempt) (string, error) {
	f, err := p.known(ctx, fresh)
	if err != nil {
		return "", err
	}
	return f.oauth.AuthCodeURL(a.State(), oidc.Nonce(a.nonce()), oauth2.S256ChallengeOption(a.verifier())), nil
}

// End is the provider's address at which he signs out there too, and comes back to Home; "" when it offers none, or did not answer when
// it was asked last: nobody waits for that.
func (p *Provider) End(idToken string) string {
	f := p.last()
	if f == nil {
		return ""
	}
	u, err := url.Parse(f.metadata.EndSession)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	q := u.Query()
	q.Set("id_token_hint", idToken)
	q.Set("client_id", p.cfg.ClientID)
	q.Set("post_logout_redirect_uri", p.cfg.Home)
	u.RawQuery = q.Encode()
	return u.String()
}

// CheckClient has the provider refuse a code that nobody gave, and tells from its words whether it knows our id and secret.
func (p *Provider) CheckClient(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	f, err := p.known(ctx, AttemptLife)
	if err != nil {
		return err
	}
	var answer *oauth2.RetrieveError
	_, err = f.oauth.Exchange(ctx, "none", oauth2.VerifierOption(NewAttempt("/", p.clock()).verifier()))
	if errors.As(err, &answer) && (answer.ErrorCode == "invalid_client" || answer.ErrorCode == "unauthorized_client") {
		return fmt.Errorf("it does not take the client's id and secret: %w", err)
	}
	return nil
}

// Ended reads the provider's word that somebody signed out there (OpenID Connect Back-Channel Logout): who he is, "" when it names the
// session alone, and which session, "" for all of his. It fails with ErrUnreachable or ErrRefused. A word that is repeated says nothing
// new, and is over in minutes: nobody remembers those that were heard.
func (p *Provider) Ended(ctx context.Context, word string) (subject, session string, err error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	f, err := p.known(ctx, AttemptLife)
	if err != nil {
		return "", "", err
	}
	token, err := f.verifier.VerifyLogout(ctx, word)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return token.Subject, token.SessionID, nil
}
