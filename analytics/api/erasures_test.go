package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"firstline/analytics/forget"
	"firstline/analytics/query"
	"firstline/analytics/registry"
	"firstline/pipeline/fact"
)

const someErasure = "k3v7q2m4x6z5b2n7"

// forgetDouble knows one erasure.
type forgetDouble struct {
	mu    sync.Mutex // guards asked
	asked []forget.Request
	fails error
}

var _ Forgetter = (*forgetDouble)(nil)

func (f *forgetDouble) answer(r forget.Request, state forget.State) (forget.Erasure, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r)
	s := forget.Erasure{ID: someErasure, State: state, RequestedAt: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), By: r.By, Reason: r.Reason, Erased: []forget.ErasedPart{}, Remains: []forget.Remainder{}}
	if state == forget.StatePreview {
		s.ID = ""
	}
	return s, f.fails
}

func (f *forgetDouble) Ask(_ context.Context, r forget.Request) (forget.Erasure, error) {
	return f.answer(r, forget.StateErasing)
}

func (f *forgetDouble) Preview(_ context.Context, r forget.Request) (forget.Erasure, error) {
	return f.answer(r, forget.StatePreview)
}

func (f *forgetDouble) Status(_ context.Context, id string) (forget.Erasure, error) {
	if id != someErasure {
		return forget.Erasure{}, forget.ErrNone
	}
	return f.answer(forget.Request{}, forget.StateErased)
}

// TestErase: what is asked for reaches the worker, and the audit log knows who asked, and not about which number.
func TestErase(t *testing.T) {
	w := newWorld(t, options{})
	double := w.api.forget.(*forgetDouble)
	adam := w.signIn("adam")
	post := func(body map[string]any) answer {
		return w.do(call{method: http.MethodPost, path: Prefix + "/erasures", body: body, proof: adam})
	}
	a := post(map[string]any{"number": " +49 30 123456 ", "reason": "letter of 2 March"})
	var s forget.Erasure
	a.into(t, &s)
	want := forget.Request{Number: "+49 30 123456", Reason: "letter of 2 March", By: "adam"}
	if a.status != http.StatusAccepted || s.ID != someErasure || len(double.asked) != 1 || double.asked[0] != want {
		t.Errorf("%d %s, asked %+v", a.status, a.body, double.asked)
	}
	post(map[string]any{"customer": "c-7", "reason": "asked", "dry_run": true}).into(t, &s)
	if s.State != forget.StatePreview || double.asked[1].Customer != "c-7" {
		t.Errorf("%+v, asked %+v", s, double.asked)
	}
	for _, body := range []map[string]any{{"number": "+4930123456"}, {"number": "+4930123456", "reason": "  "}, {"number": strings.Repeat("1", 41), "reason": "asked"}} {
		post(body).wantProblem(t, CodeInvalid)
	}
	double.fails = forget.ErrRequest
	post(map[string]any{"number": "1", "reason": "asked"}).wantProblem(t, CodeInvalid)
	double.fails = errors.New("the database is away")
	if a := post(map[string]any{"number": "+4930123456", "reason": "asked"}); a.status < 500 || strings.Contains(string(a.body), "123456") {
		t.Errorf("%d %s", a.status, a.body)
	}
	double.fails = nil
	w.get(Prefix+"/erasures/none", adam).wantProblem(t, CodeNotFound)

	log, err := w.api.state.Audit(t.Context(), registry.AuditFilter{Until: time.Now().Add(time.Hour), Action: "erase-caller", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var objects []string
	for _, e := range log {
		objects = append(objects, e.Object)
		if strings.Contains(e.Object, "123456") || strings.Contains(e.Object, "30 123") {
			t.Errorf("the audit log has the number: %+v", e)
		}
	}
	if first := objects[len(objects)-1]; first != "/erasures/"+someErasure+"?number=%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2%E2%80%A2456" || log[len(log)-1].Actor != "adam" {
		t.Errorf("audit entries about %q by %s", objects, log[len(log)-1].Actor)
	}
	if len(objects) != 7 || objects[5] != "/erasures?customer=c-7&dry_run=true" {
		t.Errorf("audit entries about %q", objects)
	}
}

// TestWhomAnAgentCalledIsMasked: the number that an agent dialled outside is a caller's number; the site's own is not.
func TestWhomAnAgentCalledIsMasked(t *testing.T) {
	for kind, want := range map[fact.Kind]string{fact.KindOutbound: "•••••••••456", fact.KindInbound: "+49301123456"} {
		c := query.Contact{Kind: kind, Dialed: "+49301123456"}
		maskContact(&c)
		f := query.TimelineFact{Type: fact.TypeArrived, Data: json.RawMessage(`{"kind":"` + string(kind) + `","dialed":"+49301123456"}`)}
		if err := maskFact(&f); err != nil {
			t.Fatal(err)
		}
		if c.Dialed != want || !strings.Contains(string(f.Data), `"dialed":"`+want+`"`) {
			t.Errorf("%s: %s, %s", kind, c.Dialed, f.Data)
		}
	}
}
