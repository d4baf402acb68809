package api

import (
	"net/http"
	"strings"
	"testing"
)

// A reload reaches who is signed in: lists change, who was taken out is signed out, who is new may sign in.
func TestReload(t *testing.T) {
	w := newWorld(t, options{})
	boss, boris := w.signIn("sue"), w.signIn("boris")
	site := testSite()
	site.Agents = []AgentConfig{site.Agents[0], {ID: "dora", Name: "Dora Weiss", Queues: []string{"sales"}, PinHashEnv: "HASH"}}
	site.Seats = []SeatConfig{{ID: "window", Endpoint: "PJSIP/201"}}
	site.PauseReasons = []PauseReason{{"training"}}
	if err := w.api.Reload(Config{Users: w.cfg.Users[:1]}, site, w.api.numbers()); err != nil {
		t.Fatal(err)
	}
	var settings Settings
	w.get(Prefix+"/settings", boss).into(t, &settings)
	if got := strings.Join(settings.PauseReasons, " "); got != "training" {
		t.Errorf("pause reasons %s", got)
	}
	var seats struct{ Seats []Seat }
	w.get(Prefix+"/seats", w.signIn("dora")).into(t, &seats)
	if len(seats.Seats) != 1 || seats.Seats[0].ID != "window" {
		t.Errorf("seats %+v", seats.Seats)
	}
	w.get(Prefix+"/settings", boris).wantProblem(t, CodeUnauthenticated)
	for _, name := range []string{"boris", "adam"} { // an agent and a user who were taken out
		if a := w.do(call{method: http.MethodPost, path: Prefix + "/session", body: map[string]string{"name": name, "secret": password}}); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// Where other machines reach the API, a reload whose secrets are not there changes nothing.
func TestReloadWithoutSecret(t *testing.T) {
	w := newWorld(t, options{config: func(c *Config) { c.Listen = "0.0.0.0:0" }})
	site := testSite()
	site.Agents[1].PinHashEnv = "NOWHERE"
	err := w.api.Reload(w.cfg, site, w.api.numbers())
	if err == nil || !strings.Contains(err.Error(), "agents.1: the variable NOWHERE is empty") {
		t.Fatal(err)
	}
	if a := w.get(Prefix+"/settings", w.signIn("boris")); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}
