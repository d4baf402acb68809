package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/analytics/live/livetest"
	"firstline/analytics/query"
)

// testVoicemails are the recordings that have ended, as messages.
func testVoicemails() []query.Voicemail {
	var out []query.Voicemail
	done := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, r := range testRecordings() {
		if r.State != query.RecordingGoesOn {
			out = append(out, query.Voicemail{
				Contact: recordedContact, Recording: r.ID, Number: r.Number, Queue: r.Queue, CallerNumber: "+4930123456", CallerName: "=Carla", Language: "en",
				StartedAt: r.StartedAt, DurationMS: *r.DurationMS, State: r.State, KeepUntil: r.KeepUntil, Error: r.Error,
				Done: true, DoneAt: &done, DoneBy: "sue", Note: "called back",
			})
		}
	}
	return out
}

func (r *reportsDouble) Voicemails(_ context.Context, req query.VoicemailRequest) (query.VoicemailPage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.voicemails = append(r.voicemails, req)
	return query.VoicemailPage{Items: testVoicemails(), Next: after(req.Cursor)}, r.err
}

func TestVoicemailList(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var got struct {
		Items []VoicemailMessage
		Next  *string
	}
	a := w.get(Prefix+"/voicemails"+window+"&queue=support,sales&limit=7&cursor=xyz", sue)
	a.into(t, &got)
	if len(got.Items) != len(testVoicemails()) || *got.Next != "abc" {
		t.Fatalf("%s", a.body)
	}
	for i, want := range testVoicemails() {
		if !reflect.DeepEqual(got.Items[i].Voicemail, want) {
			t.Errorf("got  %+v\nwant %+v", got.Items[i].Voicemail, want)
		}
		audio := got.Items[i].Audio
		if kept := want.State == query.RecordingKept; kept != (audio != nil) || kept && *audio != audioPath+want.Number+"/audio" {
			t.Errorf("%s is %s: audio %v", want.Number, want.State, audio)
		}
	}
	if a := w.get(*got.Items[0].Audio, sue); a.status != http.StatusOK {
		t.Errorf("its audio: %d", a.status)
	}
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+Prefix+"/voicemails?") || !strings.Contains(link, "cursor=abc") || !strings.Contains(link, "queue=support%2Csales") {
		t.Errorf("Link %q", link)
	}
	req := w.reports.voicemails[0]
	if !req.From.Equal(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)) || !req.Until.Equal(req.From.AddDate(0, 0, 1)) || !slices.Equal(req.Queues, []string{"support", "sales"}) ||
		req.Limit != 7 || req.Cursor != "xyz" {
		t.Errorf("asked %+v", req)
	}
	w.get(Prefix+"/voicemails"+window, sue)
	if req := w.reports.voicemails[1]; req.Queues != nil || req.Limit != query.DefaultPage || req.Done != nil {
		t.Errorf("asked %+v", req)
	}
	for i, done := range []bool{true, false} {
		w.get(Prefix+"/voicemails"+window+"&done="+strconv.FormatBool(done), sue)
		if req := w.reports.voicemails[2+i]; req.Done == nil || *req.Done != done {
			t.Errorf("done=%v asked %+v", done, req)
		}
	}
	w.get(Prefix+"/voicemails"+window+"&done=perhaps", sue).wantProblem(t, CodeInvalid)
	w.get(Prefix+"/voicemails", sue).wantProblem(t, CodeInvalid)
	w.reports.fails(context.DeadlineExceeded)
	w.get(Prefix+"/voicemails"+window, sue).wantProblem(t, CodeTimeout)
}

func TestVoicemailListAsCSV(t *testing.T) {
	w := newWorld(t, options{noArchive: true})
	a := w.do(call{method: http.MethodGet, path: Prefix + "/voicemails" + window, proof: w.signIn("adam"), headers: map[string]string{"Accept": string(formCSV)}})
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(rows) != 1+len(testVoicemails()) {
		t.Fatalf("%v: %s", err, a.body)
	}
	want := "contact,recording,number,queue,caller_number,caller_name,customer,language,started_at,duration_ms,state,keep_until,error," +
		"done,done_at,done_by,note,audio"
	if got := strings.Join(rows[0], ","); got != want {
		t.Errorf("columns %s", got)
	}
	want = "pbx1-1.1,pbx1-1.1/r1,r1,support,+4930123456,'=Carla,,en,2026-03-02T09:00:00Z,60000,kept,2026-03-02T09:00:00Z,,true,2026-03-02T10:00:00Z,sue,called back,"
	if got := strings.Join(rows[1], ","); got != want {
		t.Errorf("got %s, with a folder elsewhere", got)
	}
}

// What is marked is a message that there is; the mark goes to the controller with who made it.
func TestVoicemailIsMarked(t *testing.T) {
	w := newWorld(t, options{})
	mark := func(method, path, user, key string, body any) answer {
		return w.do(call{method: method, path: Prefix + "/voicemails/" + path + "/done", proof: w.signIn(user), headers: map[string]string{"Idempotency-Key": key}, body: body})
	}
	message := recordedContact + "/" + messageNumber
	for _, a := range []answer{
		mark(http.MethodPut, message, "sue", "k1", map[string]string{"note": "called back"}),
		mark(http.MethodPut, message, "adam", "k2", nil),
		mark(http.MethodDelete, message, "sue", "k3", nil),
	} {
		if a.status != http.StatusNoContent || len(a.body) != 0 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	sent := func(user, key, action, note string) livetest.Control {
		return livetest.Control{Request: user + "/" + key, Actor: user, By: "supervisor", Action: action, Contact: recordedContact, Recording: message, Note: note}
	}
	want := []livetest.Control{sent("sue", "k1", "voicemail_done", "called back"), sent("adam", "k2", "voicemail_done", ""), sent("sue", "k3", "voicemail_open", "")}
	if got := w.controller.Controls(); !reflect.DeepEqual(got, want) {
		t.Errorf("sent %+v", got)
	}
	for path, what := range map[string]string{
		recordedContact + "/r1": "a talk", recordedContact + "/r2": "a message that is still being left", recordedContact + "/r9": "no such one", "pbx1-9.9/r1": "no such contact",
	} {
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			t.Log(method, what)
			mark(method, path, "sue", "", nil).wantProblem(t, CodeNotFound)
		}
	}
	mark(http.MethodPut, message, "sue", "", map[string]string{"note": strings.Repeat("x", 501)}).wantProblem(t, CodeInvalid)
	mark(http.MethodPut, message, "anna", "", nil).wantProblem(t, CodeForbidden)
	mark(http.MethodPut, message, "ina", "", nil).wantProblem(t, CodeForbidden)
	if got := w.controller.Controls(); len(got) != len(want) {
		t.Errorf("sent %+v", got)
	}
	w.reports.fails(context.DeadlineExceeded)
	mark(http.MethodPut, message, "sue", "", nil).wantProblem(t, CodeTimeout)
}
