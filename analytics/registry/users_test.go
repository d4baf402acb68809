package registry

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"
)

func TestUserFromMakingToDisabling(t *testing.T) { each(t, testUserFromMakingToDisabling) }

func testUserFromMakingToDisabling(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := open()
	want := User{Name: "sam", Role: "supervisor", Hash: "h", Queues: []string{"support"}, Teams: []string{}, Phone: "boris", Masked: true, Made: now, MadeBy: "adam", Provided: Provided{Groups: []string{}}}
	if err := r.MakeUser(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := r.MakeUser(ctx, User{Name: "sam", Role: "admin"}); !errors.Is(err, ErrTaken) {
		t.Errorf("twice: %v", err)
	}
	if got, err := r.FindUser(ctx, "sam"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	want.Role, want.Disabled = "integrator", now
	got, err := r.ChangeUser(ctx, "sam", func(u *User) error {
		u.Name, u.Role, u.Disabled = "eve", "integrator", now
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	refused := errors.New("refused")
	if _, err := r.ChangeUser(ctx, "sam", func(u *User) error { u.Role = "admin"; return refused }); !errors.Is(err, refused) {
		t.Error(err)
	}
	if list, err := r.Users(ctx); err != nil || !reflect.DeepEqual(list, []User{want}) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := r.FindUser(ctx, "Sam"); !errors.Is(err, ErrNone) {
		t.Errorf("of another spelling: %v", err)
	}
	if _, err := r.ChangeUser(ctx, "none", func(*User) error { return nil }); !errors.Is(err, ErrNone) {
		t.Errorf("of nobody: %v", err)
	}
}

// TestNoChangeOfAUserGetsLost: each of many at once reads what the one before wrote.
func TestNoChangeOfAUserGetsLost(t *testing.T) { each(t, testNoChangeOfAUserGetsLost) }

func testNoChangeOfAUserGetsLost(t *testing.T, open func() *Registry) {
	ctx := context.Background()
	r := open()
	if err := r.MakeUser(ctx, User{Name: "sam"}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := r.ChangeUser(ctx, "sam", func(u *User) error { u.Queues = append(u.Queues, "q"); return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if u, err := r.FindUser(ctx, "sam"); err != nil || len(u.Queues) != 20 {
		t.Errorf("%+v, %v", u, err)
	}
}
