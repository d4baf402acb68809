package client_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/api"
	"firstline/analytics/chdb/chdbtest"
	"firstline/analytics/client"
	"firstline/analytics/live"
	"firstline/analytics/live/livetest"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/query"
	"firstline/analytics/registry"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

// An argon2id hash of "4711" that is cheap so that tests are quick.
const cheapHash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdA$bxQMHconUgb/q4UEkFIebA5iBfBresgVjh6wm5bs0bM"

func day() time.Time { return time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC) }

// realAPI is the product's own API on the real engine with a day's facts, and the state of now of a controller's double. It returns its
// address and a key that may do everything.
func realAPI(t *testing.T) (base, key string) {
	t.Helper()
	ctx := context.Background()
	quiet := slog.New(slog.DiscardHandler)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	stored := store.DefaultConfig()
	stored.URL, stored.Database = chdbtest.Database(t)
	db, err := store.Open(stored, os.Getenv, quiet, prometheus.NewRegistry())
	must(err)
	t.Cleanup(func() { _ = db.Close() })
	must(db.Migrate(ctx))
	byTopic := map[string][]fact.Fact{}
	for _, f := range facttest.Make(facttest.Day{
		Seed: 1, From: day(), Until: day().AddDate(0, 0, 1), Contacts: 120, Waits: []int64{0, 5_000, 30_000}, Queues: []string{"support", "sales"}, Agents: []string{"anna"}, Tail: time.Hour,
	}) {
		byTopic[f.Topic()] = append(byTopic[f.Topic()], f)
	}
	for topic, list := range byTopic {
		l := load.Load{Plan: load.Plan{Cluster: "test", Topic: topic, Number: 1, Last: int64(len(list) - 1)}, Facts: int64(len(list)), Watermark: list[len(list)-1].Time}
		must(db.Insert(ctx, l, list))
	}

	followed := live.DefaultConfig()
	followed.URL = livetest.Start(t, livetest.World()).URL
	now, err := live.New(followed, os.Getenv, quiet, prometheus.NewRegistry())
	must(err)
	state, err := registry.Open(ctx, t.TempDir())
	must(err)
	t.Cleanup(func() { _ = state.Close() })
	_, key, err = state.MakeKey(ctx, registry.Key{Name: "test", Ends: time.Now().Add(time.Hour), Scopes: []string{"metrics.read", "contacts.read", "agents.control", "personal.read"}})
	must(err)

	cfg, site := api.DefaultConfig(), api.DefaultSite()
	cfg.Listen = "127.0.0.1:0"
	cfg.Users = []api.User{{Name: "sue", Role: api.RoleSupervisor, PasswordHashEnv: "HASH"}}
	site.Agents = []api.AgentConfig{{ID: "anna", Name: "Anna", Endpoint: "PJSIP/101", Queues: []string{"support"}}}
	site.Queues = []api.QueueConfig{{ID: "support", Name: "Support"}, {ID: "sales", Name: "Sales"}}
	server, err := api.New(cfg, site, api.Deps{
		Log: quiet, Getenv: func(string) string { return cheapHash }, Registry: prometheus.NewRegistry(), State: state, Now: now,
		Reports: query.New(db.Conn(), query.DefaultConfig(), func() time.Time { return day().AddDate(0, 0, 1) }), Version: "test",
	})
	must(err)
	for _, run := range []func(context.Context) error{now.Run, server.Run} {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
	}
	<-server.Listening()
	return "http://" + server.Addr().String(), key
}

// The client speaks to the product's own API: what the examples do, a session, refusals, files and streams.
func TestOnTheRealAPI(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	base, key := realAPI(t)
	window := client.ListContactsParams{From: day(), Until: day().AddDate(0, 0, 1)}
	keyed, err := client.New(base, client.WithKey(key))
	if err != nil {
		t.Fatal(err)
	}

	t.Run("the example", func(t *testing.T) {
		var out strings.Builder
		if err := yesterday(ctx, base, key, day(), &out); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"sales: ", "support: ", "% of ", " to call back\n"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in %q", want, out.String())
			}
		}
	})

	t.Run("all pages, and the same as a file", func(t *testing.T) {
		small := window
		small.Limit = new(int64(50))
		ids := map[string]bool{}
		for c, err := range keyed.AllContacts(ctx, small) {
			if err != nil {
				t.Fatal(err)
			}
			ids[c.ID] = true
		}
		file, err := keyed.ExportContacts(ctx, &client.ExportContactsParams{From: window.From, Until: window.Until, Format: new(client.ExportContactsParamsFormatJsonl)})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close() //nolint:errcheck // it was read
		lines := 0
		for s := bufio.NewScanner(file); s.Scan(); {
			lines++
		}
		if len(ids) < 120 || lines != len(ids) || file.ContentType != "application/jsonl" {
			t.Errorf("%d contacts, %d lines of %s", len(ids), lines, file.ContentType)
		}
		one := ""
		for id := range ids {
			one = id
			break
		}
		if life, err := keyed.GetContact(ctx, one); err != nil || life.ID != one || len(life.Facts) == 0 {
			t.Errorf("%+v %v", life, err)
		}
	})

	t.Run("refusals", func(t *testing.T) {
		wrong := window
		wrong.From, wrong.Until = window.Until, window.From
		var refused *client.Error
		if _, err := keyed.ListContacts(ctx, &wrong); !errors.As(err, &refused) || refused.Code != client.ProblemCodeInvalid || len(refused.Errors) != 1 || refused.Errors[0].Location != "query.until" {
			t.Errorf("%v", err)
		}
		if _, err := keyed.GetContact(ctx, "a/b?c"); !errors.As(err, &refused) || refused.Code != client.ProblemCodeNotFound {
			t.Errorf("%v", err)
		}
		if _, err := keyed.ListUsers(ctx); !errors.As(err, &refused) || refused.Code != client.ProblemCodeForbidden || refused.Status != 403 {
			t.Errorf("%v", err)
		}
	})

	t.Run("a session", func(t *testing.T) {
		sue, err := client.New(base)
		if err != nil {
			t.Fatal(err)
		}
		var refused *client.Error
		if _, err := sue.WhoAmI(ctx); !errors.As(err, &refused) || refused.Code != client.ProblemCodeUnauthenticated {
			t.Errorf("%v", err)
		}
		if me, err := sue.SignIn(ctx, client.SignInInputBody{Name: "sue", Secret: "4711"}); err != nil || me.Role != client.IdentityRoleSupervisor {
			t.Fatalf("%+v %v", me, err)
		}
		if _, err := sue.ControlAgent(ctx, "anna", nil, client.ControlInputBody{Action: client.ControlInputBodyActionLogin}); err != nil {
			t.Error(err)
		}
		if _, err := sue.SignOut(ctx); err != nil {
			t.Error(err)
		}
		if _, err := sue.WhoAmI(ctx); !errors.As(err, &refused) {
			t.Errorf("%v", err)
		}
	})

	t.Run("a stream", func(t *testing.T) {
		s, err := keyed.LiveWallboard(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for {
			e, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			var now client.Wallboard
			if e.Name != "state" {
				continue
			}
			if err := e.Into(&now); err != nil || now.Queues == nil {
				t.Errorf("%+v %v", now, err)
			}
			break
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Next(); err == nil {
			t.Error("a closed stream goes on")
		}
	})
}
