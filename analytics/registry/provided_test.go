package registry

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestUserOfTheProvider(t *testing.T) { each(t, testUserOfTheProvider) }

func testUserOfTheProvider(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open()
	if err := r.MakeUser(ctx, User{Name: "sam", Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	kim := Provided{Subject: "https://login.example 1", Label: "Kim Fox", Groups: []string{"leads"}, Agent: "boris"}
	if _, err := r.Provide(ctx, "sam", kim, now); !errors.Is(err, ErrTaken) {
		t.Errorf("by the name of who has a password: %v", err)
	}
	if _, err := r.FindSubject(ctx, kim.Subject); !errors.Is(err, ErrNone) {
		t.Errorf("who was refused is there: %v", err)
	}
	want := User{Name: "kim", Queues: []string{}, Teams: []string{}, Made: now, Provided: kim}
	for range 2 { // the second time nothing is made anew
		if _, err := r.Provide(ctx, "kim", kim, now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if got, err := r.FindSubject(ctx, kim.Subject); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if err := r.MakeUser(ctx, User{Name: "kim", Hash: "h"}); !errors.Is(err, ErrTaken) {
		t.Errorf("made by his name: %v", err)
	}

	// He is disabled, marries, and changes his groups: he is still the same one.
	if _, err := r.ChangeUser(ctx, "kim", func(u *User) error { u.Disabled = now; return nil }); err != nil {
		t.Fatal(err)
	}
	kim.Label, kim.Groups = "Kim Wolf", []string{}
	got, err := r.Provide(ctx, "kim.wolf", kim, now)
	if err != nil || got.Name != "kim.wolf" || !got.Disabled.Equal(now) || !reflect.DeepEqual(got.Provided, kim) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.FindUser(ctx, "kim"); !errors.Is(err, ErrNone) {
		t.Errorf("his old name is taken: %v", err)
	}

	// Somebody else by his name is refused until he is released.
	other := Provided{Subject: "https://login.example 2", Groups: []string{}}
	if _, err := r.Provide(ctx, "kim.wolf", other, now); !errors.Is(err, ErrTaken) {
		t.Errorf("another one's name: %v", err)
	}
	if _, err := r.ChangeUser(ctx, "kim.wolf", func(u *User) error { u.Provided = Provided{}; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Provide(ctx, "kim.wolf", other, now); err != nil || !got.Disabled.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.FindSubject(ctx, ""); !errors.Is(err, ErrNone) {
		t.Errorf("those with passwords are found by no subject: %v", err)
	}
}

// provided is what ends at the provider, and the sessions that are left here then.
type provided struct{ subject, there, want string }

func TestSessionsEndWithTheProviders(t *testing.T) {
	for _, c := range []provided{
		{"kim", "s1", "kim s2, max s1, max s3,   "}, {"kim", "", "max s1, max s3,   "}, {"", "s1", "kim s2, kim , max s3,   "}, {"", "", "kim s1, kim s2, kim , max s1, max s3,   "},
		{"nobody", "s1", "kim s1, kim s2, kim , max s1, max s3,   "},
	} {
		each(t, func(t *testing.T, open func() *Registry) { c.test(t, open()) })
	}
}

func (c provided) test(t *testing.T, r *Registry) {
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var tokens, left []string
	for _, s := range []Session{{Subject: "kim", There: "s1"}, {Subject: "kim", There: "s2"}, {Subject: "kim"}, {Subject: "max", There: "s1"}, {Subject: "max", There: "s3"}, {}} {
		s.Proof, s.Ends = []byte{}, now.Add(time.Hour)
		token, err := r.BeginSession(ctx, s, now)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	ended, err := r.EndProvided(ctx, c.subject, c.there)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if s, err := r.FindSession(ctx, token, now); err == nil {
			left = append(left, s.Subject+" "+s.There)
		}
	}
	if got := strings.Join(left, ", ") + " "; got != c.want || int(ended)+len(left) != len(tokens) {
		t.Errorf("%q %q: left are %q, ended %d", c.subject, c.there, got, ended)
	}
}
