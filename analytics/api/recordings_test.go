package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"firstline/analytics/query"
	"firstline/pipeline/archive"
	"firstline/pipeline/fact"
)

const recordedContact = "pbx1-1.1"

// testRecordings are one for each state, and one whose file somebody took away.
// messageNumber is the one of them that the caller left as a message; he still leaves another.
const messageNumber = "r6"

func testRecordings() []query.Recording {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	complete, size, sum, lost := fact.RecordingComplete, int64(1000), "5f2b", "asterisk does not know it"
	duration := int64(60_000)
	var out []query.Recording
	for i, state := range []query.RecordingState{query.RecordingKept, query.RecordingGoesOn, query.RecordingEnded, query.RecordingLost, query.RecordingDeleted, query.RecordingKept} {
		n := "r" + strconv.Itoa(i+1)
		r := query.Recording{ID: recordedContact + "/" + n, Number: n, Queue: "support", Agent: "anna", Cause: fact.RecordAll, State: state, StartedAt: at}
		if n == messageNumber || state == query.RecordingGoesOn {
			r.Agent, r.Cause = "", fact.RecordVoicemail
		}
		if state != query.RecordingGoesOn {
			r.Result, r.EndedAt, r.DurationMS = &complete, &at, &duration
		}
		switch state {
		case query.RecordingKept, query.RecordingDeleted:
			r.Bytes, r.SHA256, r.KeepUntil = &size, &sum, &at
		case query.RecordingLost:
			r.Error = &lost
		default:
		}
		out = append(out, r)
	}
	return out
}

// sound is what the first of them holds.
func sound() []byte {
	out := make([]byte, 1000)
	for i := range out {
		out[i] = byte(i)
	}
	return out
}

// files is the archive, with the files that were opened.
type files struct {
	archive.Dir
	mu   sync.Mutex // guards what follows
	open []*os.File
	err  error
}

func newFiles(t testing.TB) *files {
	t.Helper()
	f := &files{Dir: archive.Dir(t.TempDir())}
	part, err := f.Part()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(sound()); err != nil {
		t.Fatal(err)
	}
	if err := part.Keep(recordedContact+"/r1", *testRecordings()[0].KeepUntil); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *files) Open(id string, until time.Time) (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	file, err := f.Dir.Open(id, until)
	if err == nil {
		f.open = append(f.open, file)
	}
	return file, err
}

// allClosed says that so many files were opened, and none was left open.
func (f *files) allClosed(t *testing.T, want int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.open) != want {
		t.Errorf("%d files were opened, want %d", len(f.open), want)
	}
	for _, file := range f.open {
		if _, err := file.Stat(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s is left open: %v", file.Name(), err)
		}
	}
}

const audioPath = Prefix + "/contacts/" + recordedContact + "/recordings/"

func TestRecordingsOfAContact(t *testing.T) {
	w := newWorld(t, options{})
	var got struct{ Recordings []ContactRecording }
	w.get(Prefix+"/contacts/pbx1-1.1/recordings", w.signIn("sue")).into(t, &got)
	if len(got.Recordings) != len(testRecordings()) {
		t.Fatalf("%+v", got)
	}
	for i, want := range testRecordings() {
		if !reflect.DeepEqual(got.Recordings[i].Recording, want) {
			t.Errorf("got  %+v\nwant %+v", got.Recordings[i], want)
		}
		audio := got.Recordings[i].Audio
		if kept := want.State == query.RecordingKept; kept != (audio != nil) || kept && *audio != audioPath+want.Number+"/audio" {
			t.Errorf("%s is %s: audio %v", want.Number, want.State, audio)
		}
	}
	w.get(Prefix+"/contacts/none/recordings", w.signIn("sue")).wantProblem(t, CodeNotFound)

	w = newWorld(t, options{noArchive: true})
	w.get(Prefix+"/contacts/pbx1-1.1/recordings", w.signIn("sue")).into(t, &got)
	if got.Recordings[0].Audio != nil || got.Recordings[0].State != query.RecordingKept {
		t.Errorf("without a folder of recordings: %+v", got.Recordings[0])
	}
}

func TestRecordingIsHeard(t *testing.T) {
	var said bytes.Buffer
	w := newWorld(t, options{log: slog.New(slog.NewTextHandler(&said, nil))})
	adam, all := w.signIn("adam"), sound()
	for _, c := range []struct {
		name, wanted, same string
		status             int
		part               string // Content-Range
		body               []byte
	}{
		{"all of it", "", "", 200, "", all},
		{"from the beginning", "bytes=0-", "", 206, "bytes 0-999/1000", all},
		{"the header", "bytes=0-43", "", 206, "bytes 0-43/1000", all[:44]},
		{"from a place", "bytes=990-", "", 206, "bytes 990-999/1000", all[990:]},
		{"past the end", "bytes=990-5000", "", 206, "bytes 990-999/1000", all[990:]},
		{"the last ones", "bytes=-3", "", 206, "bytes 997-999/1000", all[997:]},
		{"more than there are", "bytes=-5000", "", 206, "bytes 0-999/1000", all},
		{"one byte", "bytes=999-999", "", 206, "bytes 999-999/1000", all[999:]},
		{"turned round", "bytes=9-3", "", 200, "", all},
		{"two parts", "bytes=0-1,5-6", "", 200, "", all},
		{"no numbers", "bytes=x-y", "", 200, "", all},
		{"nothing", "bytes=-", "", 200, "", all},
		{"seconds", "seconds=1-2", "", 200, "", all},
		{"of the same file", "bytes=5-6", `"5f2b"`, 206, "bytes 5-6/1000", all[5:7]},
		{"of another file", "bytes=5-6", `"ffff"`, 200, "", all},
	} {
		headers := map[string]string{}
		if c.wanted != "" {
			headers["Range"] = c.wanted
		}
		if c.same != "" {
			headers["If-Range"] = c.same
		}
		said.Reset()
		a := w.do(call{method: http.MethodGet, path: audioPath + "r1/audio", proof: adam, headers: headers})
		if a.status != c.status || a.header.Get("Content-Range") != c.part || !bytes.Equal(a.body, c.body) || a.header.Get("Content-Length") != strconv.Itoa(len(c.body)) {
			t.Errorf("%s: %d, part %q, %d bytes of %s", c.name, a.status, a.header.Get("Content-Range"), len(a.body), a.header.Get("Content-Length"))
		}
		for name, want := range map[string]string{
			"Content-Type": "audio/wav", "Accept-Ranges": "bytes", "Etag": `"5f2b"`, "Cache-Control": "no-store", "Content-Disposition": "inline; filename=pbx1-1.1_r1.wav",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", c.name, name, got)
			}
		}
		if line := said.String(); strings.Count(line, "recording is played") != 1 || !strings.Contains(line, "user=adam contact=pbx1-1.1 recording=pbx1-1.1/r1") {
			t.Errorf("%s: the log says %s", c.name, line)
		}
	}
	w.archive.allClosed(t, 15)
	if n := testutil.ToFloat64(w.api.m.audio.WithLabelValues("sent")); n != 15 {
		t.Errorf("%v counted", n)
	}

	said.Reset()
	a := w.do(call{method: http.MethodHead, path: audioPath + "r1/audio", proof: adam})
	if a.status != 200 || len(a.body) != 0 || a.header.Get("Content-Length") != "1000" || strings.Contains(said.String(), "played") {
		t.Errorf("HEAD: %d, %d bytes of %s, %s", a.status, len(a.body), a.header.Get("Content-Length"), said.String())
	}
	for _, wanted := range []string{"bytes=1000-", "bytes=2000-3000", "bytes=-0"} {
		a := w.do(call{method: http.MethodGet, path: audioPath + "r1/audio", proof: adam, headers: map[string]string{"Range": wanted}})
		a.wantProblem(t, CodeRange)
		if a.header.Get("Content-Range") != "bytes */1000" {
			t.Errorf("%s: %q", wanted, a.header.Get("Content-Range"))
		}
	}
	w.archive.allClosed(t, 19)
}

func TestRecordingIsNotThere(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	for path, want := range map[string]string{
		audioPath + "r2/audio":                            "the recording goes on",
		audioPath + "r3/audio":                            "not there yet",
		audioPath + "r4/audio":                            "there is no file: asterisk does not know it",
		audioPath + "r5/audio":                            "deleted at the end of 2026-03-02, UTC",
		audioPath + "r6/audio":                            "gone before its time",
		audioPath + "r7/audio":                            "there never was such a recording",
		Prefix + "/contacts/pbx1-9.9/recordings/r1/audio": "there never was such a recording",
	} {
		if p := w.get(path, sue).wantProblem(t, CodeNotFound); !strings.Contains(p.Detail, want) {
			t.Errorf("%s: %q", path, p.Detail)
		}
	}
	if n := testutil.ToFloat64(w.api.m.audio.WithLabelValues("not_found")); n != 7 {
		t.Errorf("%v counted", n)
	}
	w.archive.err = fs.ErrPermission
	w.get(audioPath+"r1/audio", sue).wantProblem(t, CodeUnavailable)
	w.archive.allClosed(t, 0)

	w = newWorld(t, options{noArchive: true})
	if p := w.get(audioPath+"r1/audio", w.signIn("sue")).wantProblem(t, CodeNotConfigured); p.Detail != "set recordings.dir" {
		t.Errorf("%+v", p)
	}
	if n := testutil.ToFloat64(w.api.m.audio.WithLabelValues("not_configured")); n != 1 {
		t.Errorf("%v counted", n)
	}
}

// A player fetches ahead, then waits: every piece has its own time to be taken, and what was opened is closed.
func TestRecordingIsSentAsLongAsItIsTaken(t *testing.T) {
	files := newFiles(t)
	file, err := files.Open(recordedContact+"/r1", *testRecordings()[0].KeepUntil)
	if err != nil {
		t.Fatal(err)
	}
	conn, broken := &deadlines{}, 0
	p := &pacedFile{Reader: io.NewSectionReader(file, 0, 1000), file: file, conn: conn, patience: time.Minute, broken: func(error) { broken++ }}
	began := time.Now()
	for n := 0; n < 1000; {
		read, err := p.Read(make([]byte, 100))
		if err != nil {
			t.Fatal(err)
		}
		n += read
	}
	if _, err := p.Read(make([]byte, 100)); !errors.Is(err, io.EOF) || broken != 0 {
		t.Errorf("at the end: %v, %d broken", err, broken)
	}
	if len(conn.set) != 11 {
		t.Errorf("%d deadlines", len(conn.set))
	}
	for i, at := range conn.set {
		if at.Before(began.Add(time.Minute)) || i > 0 && at.Before(conn.set[i-1]) {
			t.Errorf("deadlines %v", conn.set)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Read(make([]byte, 100)); err == nil || broken != 0 {
		t.Errorf("read behind the end of a closed file: %v, %d broken", err, broken)
	}
	p.Reader = io.NewSectionReader(file, 0, 10)
	if _, err := p.Read(make([]byte, 100)); !errors.Is(err, fs.ErrClosed) || broken != 1 {
		t.Errorf("read of a closed file: %v, %d broken", err, broken)
	}
	files.allClosed(t, 1)
}

type deadlines struct {
	net.Conn
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

func TestTalkIsRecordedByRequest(t *testing.T) {
	w := newWorld(t, options{})
	for _, action := range []string{"record", "record_pause", "record_resume"} {
		body := map[string]string{"action": action, "contact": "pbx1-1.1"}
		if a := w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/call", body: body, proof: w.signIn("anna")}); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", action, a.status, a.body)
		}
		w.do(call{method: http.MethodPost, path: Prefix + "/agents/anna/call", body: body, proof: w.signIn("boris")}).wantProblem(t, CodeForbidden)
		got := w.controller.Controls()
		if last := got[len(got)-1]; last.Action != action || last.Agent != "anna" || last.By != "desk" || last.Contact != "pbx1-1.1" {
			t.Errorf("sent %+v", last)
		}
	}
	if n := len(w.controller.Controls()); n != 3 {
		t.Errorf("%d requests went to the controller", n)
	}
}

func (r *reportsDouble) Recordings(_ context.Context, contact string) ([]query.Recording, error) {
	if contact != recordedContact {
		return nil, query.ErrNotFound
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return testRecordings(), r.err
}
