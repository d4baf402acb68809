package api

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firstline/analytics/live"
)

const longPassword = "correct horse battery"

func (w *world) as(proof, method, path string, body any) answer {
	w.t.Helper()
	return w.do(call{method: method, path: Prefix + path, body: body, proof: proof})
}

func (w *world) makeUser(t *testing.T, proof string, body map[string]any) UserView {
	t.Helper()
	body["password"] = longPassword
	a := w.as(proof, http.MethodPost, "/users", body)
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var u UserView
	a.into(t, &u)
	return u
}

func cookieOf(t *testing.T, a answer) string {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

func TestUserFromMakingToDisabling(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	made := w.makeUser(t, adam, map[string]any{"name": "sam", "role": "supervisor", "queues": []string{"support"}, "phone": "boris"})
	want := RightsView{RoleSupervisor, []string{"support"}, []string{}, false, "boris"}
	if made.Name != "sam" || made.Configured || !reflect.DeepEqual(made.RightsView, want) || made.MadeBy != "adam" || made.MadeAt == nil || made.DisabledAt != nil {
		t.Errorf("%+v", made)
	}
	sam := cookieOf(t, w.trySignIn("sam", longPassword))
	var queues struct{ Queues []Queue }
	w.get(Prefix+"/queues", sam).into(t, &queues)
	if len(queues.Queues) != 1 || queues.Queues[0].ID != "support" {
		t.Errorf("%+v", queues)
	}

	// His rights change from the next request on.
	a := w.as(adam, http.MethodPut, "/users/sam", map[string]any{"role": "integrator"})
	var changed UserView
	a.into(t, &changed)
	if !reflect.DeepEqual(changed.RightsView, RightsView{RoleIntegrator, []string{}, []string{}, false, ""}) {
		t.Errorf("%s", a.body)
	}
	w.as(sam, http.MethodGet, "/voicemails"+window, nil).wantProblem(t, CodeForbidden)
	w.get(Prefix+"/queues", sam).into(t, &queues)
	if len(queues.Queues) != 2 {
		t.Errorf("%+v", queues)
	}

	// The list has both kinds, and no hash.
	list := w.get(Prefix+"/users", adam)
	var users struct{ Users []UserView }
	list.into(t, &users)
	names := []string{}
	for _, u := range users.Users {
		names = append(names, u.Name)
		if u.Configured != slices.Contains([]string{"adam", "ina", "sue"}, u.Name) {
			t.Errorf("%+v", u)
		}
	}
	if !slices.Equal(names, []string{"adam", "ina", "sam", "some", "sue"}) || strings.Contains(string(list.body), "argon2") {
		t.Errorf("%s", list.body)
	}

	// Disabled, he is signed out and can't come back; enabled again he can.
	w.as(adam, http.MethodPut, "/users/sam", map[string]any{"role": "supervisor", "disabled": true})
	w.get(Prefix+"/queues", sam).wantProblem(t, CodeUnauthenticated)
	w.trySignIn("sam", longPassword).wantProblem(t, CodeWrongCredentials)
	w.as(adam, http.MethodPut, "/users/sam", map[string]any{"role": "supervisor"})
	cookieOf(t, w.trySignIn("sam", longPassword))
}

func TestUserThatIsNotMade(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	for name, c := range map[string]struct {
		body  map[string]any
		field string
		code  Code
	}{
		"a configured user":  {map[string]any{"name": "sue", "role": "supervisor", "password": longPassword}, "", CodeNameTaken},
		"an agent":           {map[string]any{"name": "anna", "role": "supervisor", "password": longPassword}, "", CodeNameTaken},
		"one that was made":  {map[string]any{"name": "some", "role": "supervisor", "password": longPassword}, "", CodeNameTaken},
		"a key's name":       {map[string]any{"name": "key/1", "role": "supervisor", "password": longPassword}, "body.name", CodeInvalid},
		"as an agent":        {map[string]any{"name": "new", "role": "agent", "password": longPassword}, "body.role", CodeInvalid},
		"a short password":   {map[string]any{"name": "new", "role": "supervisor", "password": "short"}, "body.password", CodeInvalid},
		"his name in it":     {map[string]any{"name": "samuel", "role": "supervisor", "password": "Samuel-1234567"}, "body.password", CodeInvalid},
		"an unknown queue":   {map[string]any{"name": "new", "role": "supervisor", "password": longPassword, "queues": []string{"nowhere"}}, "body.queues", CodeInvalid},
		"an unknown phone":   {map[string]any{"name": "new", "role": "supervisor", "password": longPassword, "phone": "nobody"}, "body.phone", CodeInvalid},
		"a masked admin":     {map[string]any{"name": "new", "role": "admin", "password": longPassword, "masked": true}, "body.masked", CodeInvalid},
		"an admin of a team": {map[string]any{"name": "new", "role": "admin", "password": longPassword, "teams": []string{"first"}}, "body.role", CodeInvalid},
	} {
		p := w.as(adam, http.MethodPost, "/users", c.body).wantProblem(t, c.code)
		if c.field != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.field) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	w.as(adam, http.MethodPut, "/users/sue", map[string]any{"role": "admin"}).wantProblem(t, CodeConfigured)
	w.as(adam, http.MethodPut, "/users/sue/password", map[string]any{"password": longPassword}).wantProblem(t, CodeConfigured)
	w.as(adam, http.MethodPut, "/users/nobody", map[string]any{"role": "admin"}).wantProblem(t, CodeNotFound)
	w.as(adam, http.MethodPut, "/users/adam", map[string]any{"role": "supervisor"}).wantProblem(t, CodeForbidden)
}

// TestUserOfWhatIsGone: a queue, a team or a phone that was taken out of the configuration keeps nobody from changing or disabling who
// has it, but is given to nobody else.
func TestUserOfWhatIsGone(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	had := map[string]any{"role": "supervisor", "queues": []string{"sales"}, "teams": []string{"first"}, "phone": "boris"}
	body := func(more map[string]any) map[string]any {
		out := maps.Clone(had)
		maps.Copy(out, more)
		return out
	}
	w.makeUser(t, adam, body(map[string]any{"name": "sam"}))
	w.makeUser(t, adam, map[string]any{"name": "tim", "role": "supervisor"})
	site := testSite()
	site.Queues, site.Agents = []QueueConfig{site.Queues[0]}, []AgentConfig{{ID: "anna", PinHashEnv: "HASH", Queues: []string{"support"}}}
	if err := w.api.Reload(w.cfg, site, w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	if a := w.as(adam, http.MethodPut, "/users/sam", body(map[string]any{"masked": true, "disabled": true})); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.as(adam, http.MethodPut, "/users/tim", had).wantProblem(t, CodeInvalid)
	w.as(adam, http.MethodPut, "/users/sam", body(map[string]any{"teams": []string{"second"}})).wantProblem(t, CodeInvalid)
}

// TestAdminMadeByAnAdmin: who was made an admin is one, and can't lock himself out.
func TestAdminMadeByAnAdmin(t *testing.T) {
	w := newWorld(t, options{})
	w.makeUser(t, w.signIn("adam"), map[string]any{"name": "alice", "role": "admin"})
	alice := cookieOf(t, w.trySignIn("alice", longPassword))
	w.makeUser(t, alice, map[string]any{"name": "sam", "role": "integrator"})
	w.as(alice, http.MethodPut, "/users/alice", map[string]any{"role": "admin", "disabled": true}).wantProblem(t, CodeForbidden)
	w.as(alice, http.MethodPut, "/users/alice/password", map[string]any{"password": "another password"}).wantProblem(t, CodeForbidden)
}

// TestKeyMakesNobodyMightier: a key makes and changes users within its own scopes.
func TestKeyMakesNobodyMightier(t *testing.T) {
	w := newWorld(t, options{})
	weak, strong := w.key(ScopeAdmin, ScopeMetrics, ScopeContacts, ScopePersonal), w.key(allScopes()...)
	w.makeUser(t, weak, map[string]any{"name": "ian", "role": "integrator"})
	w.as(weak, http.MethodPost, "/users", map[string]any{"name": "sam", "role": "supervisor", "password": longPassword}).wantProblem(t, CodeForbidden)
	w.as(weak, http.MethodPut, "/users/ian", map[string]any{"role": "supervisor"}).wantProblem(t, CodeForbidden)
	w.makeUser(t, strong, map[string]any{"name": "alice", "role": "admin"})
	w.as(weak, http.MethodPut, "/users/alice/password", map[string]any{"password": "another password"}).wantProblem(t, CodeForbidden)
	w.as(weak, http.MethodPut, "/users/alice", map[string]any{"role": "integrator", "disabled": true}).wantProblem(t, CodeForbidden)
	cookieOf(t, w.trySignIn("alice", longPassword))
}

func TestPasswords(t *testing.T) {
	w := newWorld(t, options{})
	adam := w.signIn("adam")
	w.makeUser(t, adam, map[string]any{"name": "sam", "role": "supervisor"})
	first, second := cookieOf(t, w.trySignIn("sam", longPassword)), cookieOf(t, w.trySignIn("sam", longPassword))
	w.as(first, http.MethodPut, "/session/password", map[string]string{"old": "wrong", "new": "another password"}).wantProblem(t, CodeWrongCredentials)
	mine := cookieOf(t, w.as(first, http.MethodPut, "/session/password", map[string]string{"old": longPassword, "new": "another password"}))
	for _, old := range []string{first, second} {
		w.get(Prefix+"/queues", old).wantProblem(t, CodeUnauthenticated)
	}
	if a := w.get(Prefix+"/queues", mine); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.trySignIn("sam", longPassword).wantProblem(t, CodeWrongCredentials)

	// An admin gives him another one.
	if a := w.as(adam, http.MethodPut, "/users/sam/password", map[string]any{"password": "a third password"}); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	w.get(Prefix+"/queues", mine).wantProblem(t, CodeUnauthenticated)
	cookieOf(t, w.trySignIn("sam", "a third password"))
	w.as(adam, http.MethodPut, "/session/password", map[string]string{"old": password, "new": "another password"}).wantProblem(t, CodeConfigured)
}

// A stolen session is no way to guess the password.
func TestGuessingTheOldPasswordIsLocked(t *testing.T) {
	w := newWorld(t, options{})
	some := w.signIn("some")
	guess := map[string]string{"old": "wrong", "new": "another password"}
	for range freeByName {
		w.as(some, http.MethodPut, "/session/password", guess).wantProblem(t, CodeWrongCredentials)
	}
	w.as(some, http.MethodPut, "/session/password", guess).wantProblem(t, CodeTooManyAttempts)
}

// TestMaskedUser: of no caller he sees a whole number, a name or digits, whether he is configured or made.
func TestMaskedUser(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) {
		c.Users = append(c.Users, User{Name: "max", Role: RoleSupervisor, PasswordHashEnv: "HASH", Masked: true})
	}})
	w.makeUser(t, w.signIn("adam"), map[string]any{"name": "mia", "role": "supervisor", "masked": true})
	for _, proof := range []string{w.signIn("max"), cookieOf(t, w.trySignIn("mia", longPassword))} {
		for _, path := range []string{"/contacts" + window, "/contacts/pbx1-1.1", "/abandoned" + window, "/callbacks" + window, "/voicemails" + window} {
			a := w.get(Prefix+path, proof)
			if text := string(a.body); a.status != http.StatusOK || strings.Contains(text, "30123456") || strings.Contains(text, "Carla") || strings.Contains(text, "471100") || !strings.Contains(text, "456") {
				t.Errorf("%s: %d %s", path, a.status, text)
			}
		}
		w.get(Prefix+"/contacts"+window+"&number=456", proof).wantProblem(t, CodeForbidden)
	}
	cfg := DefaultConfig()
	cfg.Users = []User{{Name: "a", Role: RoleAdmin, PasswordHashEnv: "H", Masked: true}}
	if got := paths(cfg.Validate()); got != "users.0.masked" {
		t.Error(got)
	}
}

// TestConfiguredUserComesFirst: a name that is added to the configuration later is the one there.
func TestConfiguredUserComesFirst(t *testing.T) {
	w := newWorld(t, options{})
	w.makeUser(t, w.signIn("adam"), map[string]any{"name": "sam", "role": "supervisor"})
	before := cookieOf(t, w.trySignIn("sam", longPassword))
	if err := w.api.Reload(Config{Users: append(slices.Clone(w.cfg.Users), User{Name: "sam", Role: RoleIntegrator, PasswordHashEnv: "HASH"})}, w.site, w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	w.get(Prefix+"/queues", before).wantProblem(t, CodeUnauthenticated)
	w.trySignIn("sam", longPassword).wantProblem(t, CodeWrongCredentials)
	var who Identity
	w.get(Prefix+"/session", w.signIn("sam")).into(t, &who)
	if who.Role != RoleIntegrator {
		t.Errorf("%+v", who)
	}
}

// TestDisabledUserLosesHisStream: also one that is open.
func TestDisabledUserLosesHisStream(t *testing.T) {
	w := newWorld(t, options{config: quickBeat})
	l := w.hear(w.listen(), "/live/wallboard", w.signIn("some"))
	var b live.Wallboard
	l.next("state", &b)
	w.as(w.signIn("adam"), http.MethodPut, "/users/some", map[string]any{"role": "integrator", "disabled": true})
	l.next("signed_out", &struct{}{})
	<-l.closed
}
