package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/registry"
)

func TestSignInAtProvider(t *testing.T) {
	p := newProvided(t)
	b := p.browser()
	at := b.signIn(p.begin()+"?return="+url.QueryEscape("/contacts?queue=support"), "kim")
	if want := p.public.URL + "/contacts?queue=support" + doneMark; at.String() != want {
		t.Errorf("it leads to %s, not %s", at, want)
	}
	var who Identity
	p.ask(t, p.session(b)).into(t, &who)
	want := Identity{Name: "kim", Label: "Kim Fox", Role: RoleSupervisor, Queues: []string{"support"}, Ends: who.Ends, Provided: true}
	if !reflect.DeepEqual(who, want) || time.Until(who.Ends) < 11*time.Hour || time.Until(who.Ends) > 12*time.Hour {
		t.Errorf("%+v", who)
	}

	// An agent by the claim, an admin by the first of his groups, one masked; each has his rights.
	for login, want := range map[string]Identity{
		"becker":  {Name: "anna", Label: "Anna Becker", Role: RoleAgent, Agent: "anna", Provided: true},
		"boss":    {Name: "boss", Label: "Bo Ss", Role: RoleAdmin, Provided: true},
		"visitor": {Name: "vera", Label: "vera", Role: RoleIntegrator, Provided: true},
	} {
		b, _ := p.come(login)
		who := Identity{}
		p.ask(t, p.session(b)).into(t, &who)
		if want.Ends = who.Ends; !reflect.DeepEqual(who, want) {
			t.Errorf("%s: %+v", login, who)
		}
	}

	// The audit log has each, and none of the provider's answer.
	adam := p.signIn("adam")
	entries := p.audited(t, adam, "&action="+actionFromProvider)
	if len(entries) != 4 || entries[0].Actor != "kim" || entries[0].Role != "supervisor" || entries[0].Result != "ok" || entries[0].Object != callbackPath {
		t.Errorf("%+v", entries)
	}
	if n := testutil.ToFloat64(p.api.m.signIns.WithLabelValues("ok")); n != 5 {
		t.Errorf("%v counted", n)
	}

	second, _ := p.come("kim")

	// He signs out here, and is led there.
	var out struct{ Provider string }
	p.do(call{method: http.MethodDelete, path: Prefix + "/session", proof: p.session(b)}).into(t, &out)
	end, err := url.Parse(out.Provider)
	if err != nil || !strings.HasPrefix(out.Provider, p.issuer.URL+"/session/end?") || end.Query().Get("id_token_hint") == "" {
		t.Fatalf("%q", out.Provider)
	}
	p.ask(t, p.session(b)).wantProblem(t, CodeUnauthenticated)
	at, page := b.get(out.Provider)
	if form := regexp.MustCompile(`name="xsrf" value="(\w+)"`).FindStringSubmatch(page); form != nil {
		at, _ = b.read(b.PostForm(p.issuer.URL+"/session/end/confirm", url.Values{"xsrf": form[1:], "logout": {"yes"}}))
	}
	if at.String() != p.public.URL+"/" {
		t.Errorf("signing out there leads to %s", at)
	}
	p.ask(t, p.session(second)).into(t, &who) // in another browser he is signed in still
	if _, page := b.get(p.begin()); !strings.Contains(page, `name="login"`) {
		t.Error("he is still signed in there")
	}
}

// TestRefusedAtProvider: whom the provider proves, but who may not.
func TestRefusedAtProvider(t *testing.T) {
	p := newProvided(t)
	p.come("kim")
	for _, c := range []struct {
		login string
		want  Code
		actor string
	}{
		{"nobody", CodeNotEntitled, "nora"}, {"temp", CodeUnknownAgent, "temp"}, {"sue", CodeNameTaken, "sue"}, {"slash", CodeProviderRefused, nobody}, {"twin", CodeNameTaken, "kim"},
	} {
		b, at := p.come(c.login)
		p.wantTurnedBack(t, b, at, c.want)
		entries := p.audited(t, p.signIn("adam"), "&action="+actionFromProvider)
		if last := entries[len(entries)-1]; last.Actor != c.actor || last.Result != string(c.want) || last.Role != "" {
			t.Errorf("%s: %+v", c.login, last)
		}
	}
	if n := testutil.ToFloat64(p.api.m.signIns.WithLabelValues("refused")); n != 5 {
		t.Errorf("%v counted", n)
	}
	if users, err := p.api.state.Users(t.Context()); err != nil || len(users) != 2 { // kim, and some of each world
		t.Errorf("%+v, %v", users, err)
	}
}

// TestUsersThatCantBeWritten: then nobody is signed in.
func TestUsersThatCantBeWritten(t *testing.T) {
	p := newProvided(t)
	p.api.state = brokenUsers{p.api.state}
	b, at := p.come("kim")
	p.wantTurnedBack(t, b, at, CodeUnavailable)
}

type brokenUsers struct{ State }

func (brokenUsers) Provide(_ context.Context, _ string, _ registry.Provided, _ time.Time) (registry.User, error) {
	return registry.User{}, errors.New("the disk is full")
}
