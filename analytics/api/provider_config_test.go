package api

import "testing"

func TestOIDCThatIsWrong(t *testing.T) {
	good := func() OIDC {
		o := defaultOIDC()
		o.Issuer, o.Name, o.ClientID, o.ClientSecretEnv = "https://login.example/realms/staff", "Acme", "firstline", "SECRET"
		o.Groups = []Grant{{Group: "leads", Role: RoleSupervisor, Queues: []string{"support"}, Teams: []string{"first"}, Masked: true}, {Group: everybody, Role: RoleAgent}}
		return o
	}
	for _, c := range []struct {
		change func(*OIDC)
		want   string
	}{
		{func(*OIDC) {}, ""},
		{func(o *OIDC) { *o = defaultOIDC() }, ""},
		{func(o *OIDC) { o.Issuer = "http://127.0.0.1:8081/realms/staff" }, ""},
		{func(o *OIDC) { o.ClientSecretEnv, o.ClientSecretFile = "", "/run/secrets/oidc" }, ""},
		{func(o *OIDC) { o.Issuer = "" }, "oidc"},
		{func(o *OIDC) { o.Issuer = "http://login.example" }, "oidc.issuer"},
		{func(o *OIDC) { o.Issuer = "login.example" }, "oidc.issuer"},
		{func(o *OIDC) { o.Issuer = "https://login.example/?a=b" }, "oidc.issuer"},
		{func(o *OIDC) { o.Issuer = "https://me@login.example/" }, "oidc.issuer"},
		{func(o *OIDC) { o.Name, o.ClientID, o.NameClaim, o.GroupsClaim = "", "", "", "" }, "oidc oidc oidc oidc"},
		{func(o *OIDC) { o.ClientSecretEnv = "" }, "oidc"},
		{func(o *OIDC) { o.ClientSecretFile = "/run/secrets/oidc" }, "oidc"},
		{func(o *OIDC) { o.Scopes = []string{"profile", "a b"} }, "oidc.scopes.1"},
		{func(o *OIDC) { o.Groups = nil }, "oidc.groups"},
		{func(o *OIDC) { o.Groups[0].Group = "" }, "oidc.groups.0"},
		{func(o *OIDC) { o.Groups[0].Role = "boss" }, "oidc.groups.0"},
		{func(o *OIDC) { o.Groups[0].Role = RoleAdmin }, "oidc.groups.0"},
		{func(o *OIDC) { o.Groups[0].Role = RoleAgent }, "oidc.groups.0"},
		{func(o *OIDC) { o.Groups[1].Group = "leads" }, "oidc.groups.1"},
		{func(o *OIDC) { o.Groups = append(o.Groups, Grant{Group: "late", Role: RoleIntegrator}) }, "oidc.groups.2"},
	} {
		cfg := DefaultConfig()
		cfg.OIDC = good()
		c.change(&cfg.OIDC)
		if got := paths(cfg.Validate()); got != c.want {
			t.Errorf("%+v: %q, not %q", cfg.OIDC, got, c.want)
		}
	}
	cfg := DefaultConfig()
	cfg.OIDC = good()
	cfg.OIDC.Groups = append(cfg.OIDC.Groups, Grant{Group: "a", Queues: []string{"nowhere"}}, Grant{Group: "b", Teams: []string{"nobody"}})
	if got := paths(cfg.ValidateWith(testSite())); got != "oidc.groups.2.queues oidc.groups.3.teams" {
		t.Error(got)
	}
	if got := paths(CheckSecrets(cfg, testSite(), func(string) string { return "" })); got != "agents.0 agents.1 integrations.tickets http.oidc" {
		t.Error(got)
	}
	// Somebody can sign in where other machines reach the API.
	cfg.OIDC, cfg.Listen = good(), "0.0.0.0:8080"
	if got := paths(cfg.Validate()); got != "" {
		t.Error(got)
	}
}
