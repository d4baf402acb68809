package registry

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestKeyFromMakingToRevoking(t *testing.T) { each(t, testKeyFromMakingToRevoking) }

func testKeyFromMakingToRevoking(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open()
	want := Key{Name: "crm", Scopes: []string{"metrics.read"}, Queues: []string{"support"}, Teams: []string{}, Made: now, MadeBy: "adam", Ends: now.Add(time.Hour)}
	made, secret, err := r.MakeKey(ctx, want)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^fl_[0-9a-f]{8}_[0-9a-f]{64}$`).MatchString(secret) || !strings.HasPrefix(secret, KeyPrefix+made.ID+"_") {
		t.Errorf("key %q of id %q", secret, made.ID)
	}
	want.ID = made.ID
	if got, err := r.FindKey(ctx, secret); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	for _, wrong := range []string{"", "fl_", "fl_" + made.ID, "fl_" + made.ID + "_", secret + "0", secret[:len(secret)-1], strings.TrimPrefix(secret, KeyPrefix), "fl_00000000" + secret[11:]} {
		if k, err := r.FindKey(ctx, wrong); !errors.Is(err, ErrNone) {
			t.Errorf("%q finds %+v, %v", wrong, k, err)
		}
	}
	if err := r.UseKey(ctx, made.ID, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"adam", "eve"} { // the second time changes nothing
		if err := r.RevokeKey(ctx, made.ID, by, now.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	want.Used, want.Revoked, want.RevokedBy = now.Add(time.Minute), now.Add(2*time.Minute), "adam"
	if got, err := r.Keys(ctx); err != nil || !reflect.DeepEqual(got, []Key{want}) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if err := r.RevokeKey(ctx, "none", "adam", now); !errors.Is(err, ErrNone) {
		t.Errorf("of no key: %v", err)
	}
}

// TestKeysAreListedNewestFirst: also when there is none.
func TestKeysAreListedNewestFirst(t *testing.T) { each(t, testKeysAreListedNewestFirst) }

func testKeysAreListedNewestFirst(t *testing.T, open func() *Registry) {
	ctx, now := context.Background(), time.Now()
	r := open()
	if list, err := r.Keys(ctx); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	for i, name := range []string{"old", "new"} {
		if _, _, err := r.MakeKey(ctx, Key{Name: name, Made: now.Add(time.Duration(i) * time.Minute), Ends: now}); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := r.Keys(ctx); err != nil || len(list) != 2 || list[0].Name != "new" {
		t.Errorf("%+v, %v", list, err)
	}
}
