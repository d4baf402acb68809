package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

// channelEvents is an import of channel events.
func channelEvents(final bool, files ...Input) DetailConfig {
	cfg := calls(final, files...)
	cfg.Form = FormCEL
	return cfg
}

// eventDays are the events that a real Asterisk wrote of some calls (TestImportEvents makes such), on a day every three hours.
func eventDays(t *testing.T, times int) (rows []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/cel.csv")
	if err != nil {
		t.Fatal(err)
	}
	second := regexp.MustCompile(`\b17958107\d{2}\b`)
	for i := range times {
		for line := range strings.Lines(string(text)) {
			rows = append(rows, second.ReplaceAllStringFunc(line, func(s string) string {
				n, _ := strconv.Atoi(s)
				return strconv.Itoa(n + i*3*3600)
			}))
		}
	}
	return rows
}

// TestEventsSameFacts: whatever pieces the events are cut into, in whatever order they stand and are given, at once, one file a day
// or twice, the facts are the same, and every day has as many.
func TestEventsSameFacts(t *testing.T) {
	const days = 3
	rows := eventDays(t, days)
	day := len(rows) / days
	want := printed(t, site{t, t.TempDir()}.mustDetails(channelEvents(true, input("Master.csv", whole(rows)))))
	if once := printed(t, site{t, t.TempDir()}.mustDetails(channelEvents(true, input("Master.csv", whole(rows[:day]))))); len(want) != days*len(once) {
		t.Errorf("%d facts of %d times %d", len(want), days, len(once))
	}
	same := func(how string, facts []fact.Fact) {
		t.Helper()
		if got := printed(t, facts); !slices.Equal(got, want) {
			t.Errorf("%s: %s", how, difference(want, got))
		}
	}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 5))
		var pieces []Input
		for i, p := range cut(r, rows) {
			pieces = append(pieces, input(fmt.Sprintf("Master.csv.%d", i), packed(t, i, whole(p))))
		}
		s := site{t, t.TempDir()}
		shuffled := slices.Clone(pieces)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		same("at once, shuffled, one twice", s.mustDetails(channelEvents(true, append(shuffled, shuffled[0])...)))
		same("again", s.mustDetails(channelEvents(true, pieces...)))

		mixed := slices.Clone(rows)
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		same("rows in any order", site{t, t.TempDir()}.mustDetails(channelEvents(true, input("Master.csv", whole(mixed)))))

		s = site{t, t.TempDir()}
		for at := 0; at < len(rows); {
			n := min(1+r.IntN(day), len(rows)-at)
			s.mustDetails(channelEvents(false, input("next", whole(rows[at:at+n]))))
			at += n
		}
		same("file by file", s.mustDetails(channelEvents(true)))
	}
}

// TestEventForms gives the same events in each form: the facts are the same.
func TestEventForms(t *testing.T) {
	rows := eventDays(t, 1)
	names := "EventType,EventTime,Name,Num,ani,rdnis,dnid,Exten,Context,ChanName,AppName,AppData,AMAFlags(amaflags),AccountCode,UniqueID(noquote),LinkedID(noquote),Peer,UserField,userdeftype,EventExtra"
	tables := "eventtype,eventtime,cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,amaflags,accountcode,uniqueid,linkedid,peer,userfield,userdeftype,extra"
	want := printed(t, site{t, t.TempDir()}.mustDetails(channelEvents(true, input("Master.csv", whole(rows)))))
	listed := channelEvents(true, input("a", whole(rows)))
	listed.Columns = FormCEL.Columns(strings.Split(names, ","))
	if name := FormCEL.Missing(listed.Columns); name != "" {
		t.Errorf("%s is missing", name)
	}
	for how, cfg := range map[string]DetailConfig{
		"named as in cel_custom.conf": channelEvents(true, input("a", []byte(names+"\n"+string(whole(rows))))),
		"as databases name":           channelEvents(true, input("a", []byte("\ufeff"+tables+"\r\n"+string(whole(rows))))),
		"named by --columns":          listed,
		"two forms at once":           channelEvents(true, input("a", whole(rows)), input("b", []byte(names+"\n"+string(whole(rows))))),
	} {
		if got := printed(t, site{t, t.TempDir()}.mustDetails(cfg)); !slices.Equal(got, want) {
			t.Errorf("%s: %s", how, difference(want, got))
		}
	}
	_, _, _, err := site{t, t.TempDir()}.details(channelEvents(true, input("few.csv", []byte("eventtype,eventtime,channame,uniqueid\n"))))
	if err == nil || !strings.Contains(err.Error(), "few.csv has no column linkedid: export eventtype, eventtime") {
		t.Error(err)
	}
}

// TestEventsKilled ends an import at each of its batches, before and after it is durable, and repeats it.
func TestEventsKilled(t *testing.T) {
	cfg := channelEvents(true, input("Master.csv", whole(eventDays(t, 2))))
	want := printed(t, site{t, t.TempDir()}.mustDetails(cfg))
	r := &recorded{}
	if _, err := RunDetails(context.Background(), cfg, r, nil, nil); err != nil {
		t.Fatal(err)
	}
	for at := range r.parts {
		s := site{t, t.TempDir()}
		j, stop := s.open()
		if err := j.Put(context.Background(), r.parts[:at]); err != nil {
			t.Fatal(err)
		}
		if at%2 == 1 { // the log has it, the record beside it not
			if err := j.index.file.Truncate(markBytes); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		if got := printed(t, s.mustDetails(cfg)); !slices.Equal(got, want) {
			t.Errorf("killed at %d: %s", at, difference(want, got))
		}
	}
}

// TestEventsOfLongCall has a talk that goes on while hours of other calls pass: it is kept until it is over.
func TestEventsOfLongCall(t *testing.T) {
	row := func(event string, at int, channel string, unique, linked int, extra string) string {
		return fmt.Sprintf("%s,%d,%s,1700000000.%d,1700000000.%d,\"%s\"\n", event, 1700000000+at, channel, unique, linked, strings.ReplaceAll(extra, `"`, `""`))
	}
	const head, bridge = "eventtype,eventtime,channame,uniqueid,linkedid,eventextra\n", `{"bridge_id":"b"}`
	first := []string{
		head, row("CHAN_START", 0, "PJSIP/telekom-1", 1, 1, ""), row("CHAN_START", 1, "PJSIP/101-2", 2, 1, ""),
		row("BRIDGE_ENTER", 5, "PJSIP/telekom-1", 1, 1, bridge), row("BRIDGE_ENTER", 5, "PJSIP/101-2", 2, 1, bridge),
		row("CHAN_START", 10800, "PJSIP/telekom-3", 3, 3, ""), row("HANGUP", 10801, "PJSIP/telekom-3", 3, 3, ""),
	}
	second := []string{
		head, row("BRIDGE_EXIT", 14400, "PJSIP/telekom-1", 1, 1, bridge), row("BRIDGE_EXIT", 14400, "PJSIP/101-2", 2, 1, bridge),
		row("HANGUP", 14400, "PJSIP/telekom-1", 1, 1, ""), row("HANGUP", 14400, "PJSIP/101-2", 2, 1, ""),
	}
	s := site{t, t.TempDir()}
	facts, sum, _, err := s.details(channelEvents(false, input("first", whole(first))))
	if err != nil || len(facts) != 0 || sum.Kept != 2 {
		t.Errorf("%d facts, %d calls kept: %v", len(facts), sum.Kept, err)
	}
	for _, f := range s.mustDetails(channelEvents(true, input("second", whole(second)))) {
		if d, ok := f.Data.(fact.ContactEnded); ok && f.Subject == "old-1700000000.1" && d.TalkMS != 14395000 {
			t.Errorf("they talked %d ms", d.TalkMS)
		}
	}
}

// asked is a call in which an agent asks another one by a call of her own, as events, and as call detail records without linkedid.
func asked(t *testing.T) (cel, cdr []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/celodd.csv")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if len(out) == 0 || strings.Contains(line, ",1709542860.3,") || strings.Contains(line, ",1709542880.5,") {
			out = append(out, line)
		}
	}
	return whole(out), []byte(`start,answer,end,src,dst,channel,dstchannel,lastapp,disposition,uniqueid
2024-03-04 10:01:00,2024-03-04 10:01:05,2024-03-04 10:01:50,030112,101,PJSIP/telekom-03,PJSIP/101-04,Dial,ANSWERED,1709542860.3
2024-03-04 10:01:20,2024-03-04 10:01:23,2024-03-04 10:01:30,101,102,PJSIP/101-05,PJSIP/102-06,Dial,ANSWERED,1709542880.5
`)
}

// TestThreeSources imports the same calls as queue_log, events and call detail records: each is there once, by the source that came
// first, whatever channel another one knows it by.
func TestThreeSources(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	cel, cdr := asked(t)
	ofCEL, ofCDR := channelEvents(true, input("cel", cel)), calls(true, input("cdr", cdr))
	ofCEL.Zone, ofCDR.Zone = berlin, berlin
	queueLog := config(true, input("queue_log", []byte("1709542880|1709542880.5|500|NONE|ENTERQUEUE||101|1\n1709542885|1709542880.5|500|NONE|ABANDON|1|1|5\n")))

	s := site{t, t.TempDir()}
	want := printed(t, s.mustDetails(ofCEL))
	facts, sum, j, err := s.details(ofCDR)
	if got := printed(t, facts); err != nil || j.New != 0 || sum.Left[history.ByCEL] != 2 || !slices.Equal(got, want) {
		t.Errorf("after events %d records are left to them: %v\n%s", sum.Left[history.ByCEL], err, difference(want, got))
	}

	part := ofCEL // as a file has it that ends before the caller is handed on
	part.Files = []Input{input("part", whole(slices.DeleteFunc(strings.SplitAfter(string(cel), "\n"), func(l string) bool { return strings.Contains(l, "1709542860.3,") })))}
	if facts, sum, j, err = s.details(part); err != nil || j.New != 0 || sum.Left[history.ByCEL] != 1 || !slices.Equal(printed(t, facts), want) {
		t.Errorf("a part of a call that is there: %d facts, %d calls are left: %v", j.New, sum.Left[history.ByCEL], err)
	}

	s = site{t, t.TempDir()}
	want = printed(t, s.mustDetails(ofCDR))
	facts, sum, j, err = s.details(ofCEL)
	if got := printed(t, facts); err != nil || j.New != 0 || sum.Left[history.ByCDR] != 1 || !slices.Equal(got, want) {
		t.Errorf("after records %d calls are left to them: %v\n%s", sum.Left[history.ByCDR], err, difference(want, got))
	}

	s = site{t, t.TempDir()}
	want = printed(t, s.must(queueLog))
	ofCEL.Calls.QueueLog = true
	facts, sum, j, err = s.details(ofCEL)
	if got := printed(t, facts); err != nil || j.New != 0 || sum.Left[history.ByQueueLog] != 1 || !slices.Equal(got, want) {
		t.Errorf("after queue_log %d calls are left to it: %v\n%s", sum.Left[history.ByQueueLog], err, difference(want, got))
	}
}

// TestKeptOfBothForms keeps calls of both forms, and an import of one leaves those of the other as they are.
func TestKeptOfBothForms(t *testing.T) {
	rows, _ := detailDay(3)
	s := site{t, t.TempDir()}
	s.mustDetails(calls(false, input("cdr", whole(rows[:5]))))
	_, kept, _, err := s.details(channelEvents(false, input("cel", whole(eventDays(t, 1)))))
	if err != nil || kept.Kept != 13 {
		t.Fatalf("%d calls are kept: %v", kept.Kept, err)
	}
	_, ofCDR, _, err := s.details(calls(true))
	if err != nil || ofCDR.Contacts == 0 || ofCDR.Kept != 0 {
		t.Errorf("%d calls of records: %v", ofCDR.Contacts, err)
	}
	_, ofCEL, _, err := s.details(channelEvents(true))
	if err != nil || ofCEL.Contacts != 13 {
		t.Errorf("%d calls of events: %v", ofCEL.Contacts, err)
	}
}

// TestEventsWithoutBridges is told of: nobody would count as having talked.
func TestEventsWithoutBridges(t *testing.T) {
	rows := slices.DeleteFunc(eventDays(t, 1), func(r string) bool { return strings.HasPrefix(r, `"BRIDGE_`) })
	_, sum, _, err := site{t, t.TempDir()}.details(channelEvents(true, input("cel", whole(rows))))
	var b strings.Builder
	sum.Print(&b)
	if err != nil || !strings.Contains(b.String(), "doubtful 1: BRIDGE_ENTER, not logged") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// FuzzEvents takes any two files: it ends, in another order and twice the facts are the same, and no time is negative.
func FuzzEvents(f *testing.F) {
	for _, name := range []string{"cel", "celodd"} {
		text, err := os.ReadFile("testdata/" + name + ".csv")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, text[:len(text)/2])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) { anyOrder(t, FormCEL, a, b) })
}
