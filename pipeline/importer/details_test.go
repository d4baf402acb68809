package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

func calls(final bool, files ...Input) DetailConfig {
	return DetailConfig{Form: FormCDR, Files: files, Zone: time.UTC, Final: final, Calls: history.Calls{
		Config: history.Config{Node: "old", Agents: map[string]string{"pjsip/101": "anna", "pjsip/102": "bert"}},
		Trunks: []string{"pjsip/tele*", "pjsip/trunk"},
	}}
}

// details imports call detail records, and returns the log's facts and the summary.
func (s site) details(cfg DetailConfig) ([]fact.Fact, Summary, *Journal, error) {
	s.t.Helper()
	return s.with(func(j *Journal) (Summary, error) { return RunDetails(context.Background(), cfg, j, nil, nil) })
}

func (s site) mustDetails(cfg DetailConfig) []fact.Fact {
	s.t.Helper()
	facts, _, _, err := s.details(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return facts
}

// TestDetailGolden shows what rows become: every kind of call there is, every oddity, and hours that come twice or not at all.
func TestDetailGolden(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, zone := range map[string]*time.Location{"cdr": time.UTC, "cdrodd": time.UTC, "cdrclocks": berlin, "cel": time.UTC, "celodd": berlin} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
			if err != nil {
				t.Fatal(err)
			}
			cfg := calls(true, input(name+".csv", text))
			cfg.Zone = zone
			if strings.HasPrefix(name, "cel") {
				cfg.Form = FormCEL
			}
			facts, sum, _, err := site{t, t.TempDir()}.details(cfg)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			sum.Print(&b)
			got := strings.Join(printed(t, facts), "\n") + "\n\n" + b.String()
			golden := filepath.Join("testdata", name+".golden")
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s differs, run go test -rewrite and read the difference: %v\n%s", golden, err, got)
			}
		})
	}
}

// detailDay makes the rows of some hours as cdr_csv writes them, with linkedid.
func detailDay(seed uint64) (rows []string, answered int) {
	r := rand.New(rand.NewPCG(seed, 11))
	for i := range 60 {
		at := 1700000000 + int64(r.IntN(12*3600))
		legs := 1 + r.IntN(3)
		for leg := range legs {
			ring, talk := int64(1+r.IntN(20)), int64(1+r.IntN(600))
			disposition, answer := "NO ANSWER", ""
			if last := leg == legs-1; last && r.IntN(3) > 0 {
				disposition, answer = "ANSWERED", stamp(at+ring)
				answered++
			} else {
				talk = 0
			}
			rows = append(rows, fmt.Sprintf(`"","030%04d","101","in","""Ada"" <030%04d>","PJSIP/telekom-%08x","PJSIP/10%d-%08x","Dial","","%s","%s","%s",%d,%d,"%s","DOCUMENTATION","%d.%d","","","%d.%d",%d`+"\n",
				i, i, i, 1+leg%2, i*9+leg, stamp(at), answer, stamp(at+ring+talk), ring+talk, talk, disposition, at, i*9+leg, at, i, leg))
			rows[len(rows)-1] = strings.Replace(rows[len(rows)-1], fmt.Sprintf(`"%d.%d","","","`, at, i*9+leg), fmt.Sprintf(`"%d.%d","","","`, at, i), 1)
			at += ring + talk
		}
	}
	return rows, answered
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateTime) }

// TestDetailsSameFacts: whatever pieces the rows are cut into, in whatever order they stand and are given, at once or one after the
// other, and twice, the facts are the same.
func TestDetailsSameFacts(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			rows, answered := detailDay(seed)
			want := printed(t, site{t, t.TempDir()}.mustDetails(calls(true, input("Master.csv", whole(rows)))))
			talks := 0
			for _, f := range want {
				talks += strings.Count(f, " segment.ended ")
			}
			if talks != answered {
				t.Errorf("%d talks; the rows have %d", talks, answered)
			}
			same := func(how string, facts []fact.Fact) {
				t.Helper()
				if got := printed(t, facts); !slices.Equal(got, want) {
					t.Errorf("%s: %s", how, difference(want, got))
				}
			}
			var pieces []Input
			for i, p := range cut(r, rows) {
				pieces = append(pieces, input(fmt.Sprintf("Master.csv.%d", i), packed(t, i, whole(p))))
			}
			s := site{t, t.TempDir()}
			shuffled := slices.Clone(pieces)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			same("at once, shuffled, one twice", s.mustDetails(calls(true, append(shuffled, shuffled[0])...)))
			same("again", s.mustDetails(calls(true, pieces...)))

			mixed := slices.Clone(rows)
			r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			same("rows in any order", site{t, t.TempDir()}.mustDetails(calls(true, input("Master.csv", whole(mixed)))))

			s = site{t, t.TempDir()}
			s.mustDetails(calls(false, input("Master.csv.1", whole(rows))))
			same("without the end, and again with it", s.mustDetails(calls(true, input("Master.csv.2", whole(rows[len(rows)/2:])))))
		})
	}
}

// TestDetailsNextFile has a call with a row in each of two files: it is kept, and taken in once, whole.
func TestDetailsNextFile(t *testing.T) {
	rows, _ := detailDay(3)
	slices.SortFunc(rows, func(a, b string) int { return strings.Compare(strings.Split(a, `"`)[23], strings.Split(b, `"`)[23]) })
	want := printed(t, site{t, t.TempDir()}.mustDetails(calls(true, input("all", whole(rows)))))
	s := site{t, t.TempDir()}
	for i := 0; i < len(rows); i += 7 {
		s.mustDetails(calls(false, input("part", whole(rows[i:min(i+7, len(rows))]))))
	}
	_, sum, _, err := s.details(calls(false, input("part", whole(rows[:1]))))
	if err != nil || sum.Kept == 0 {
		t.Errorf("%d calls are kept: %v", sum.Kept, err)
	}
	if got := printed(t, s.mustDetails(calls(true, input("part", whole(rows[len(rows)-1:]))))); !slices.Equal(got, want) {
		t.Error(difference(want, got))
	}
	state, err := os.ReadFile(filepath.Join(s.dir, stateFile))
	if err != nil || strings.Contains(string(state), "0300") {
		t.Errorf("numbers of calls that are taken in are kept: %s %v", state, err)
	}
}

// TestDetailForms gives the same calls in each form: the facts are the same.
func TestDetailForms(t *testing.T) {
	rows, _ := detailDay(5)
	want := printed(t, site{t, t.TempDir()}.mustDetails(calls(true, input("Master.csv", whole(rows)))))
	names := "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec,disposition,amaflags,uniqueid,userfield,peeraccount,linkedid,sequence"
	listed := calls(true, input("a", whole(rows)))
	listed.Columns = FormCDR.Columns(strings.Split(names, ","))
	for how, cfg := range map[string]DetailConfig{
		"named by a first line": calls(true, input("a", []byte(names+"\n"+string(whole(rows))))),
		"as databases name":     calls(true, input("a", []byte("\ufeff"+strings.Replace(names, "start", "calldate", 1)+"\r\n"+string(whole(rows))))),
		"named by --columns":    listed,
		"lines end as in DOS":   calls(true, input("a", []byte(strings.ReplaceAll(string(whole(rows)), "\n", "\r\n")))),
		"two forms at once":     calls(true, input("a", whole(rows)), input("b", []byte(names+"\n"+string(whole(rows))))),
	} {
		if got := printed(t, site{t, t.TempDir()}.mustDetails(cfg)); !slices.Equal(got, want) {
			t.Errorf("%s: %s", how, difference(want, got))
		}
	}
	_, _, _, err := site{t, t.TempDir()}.details(calls(true, input("few.csv", []byte("start,channel,dstchannel\n"))))
	if err == nil || !strings.Contains(err.Error(), "few.csv has no column disposition: export start, answer") {
		t.Error(err)
	}
}

// TestDetailsKilled ends an import at each of its batches, before and after it is durable, and repeats it.
func TestDetailsKilled(t *testing.T) {
	rows, _ := detailDay(9)
	cfg := calls(true, input("Master.csv", whole(rows)))
	want := printed(t, site{t, t.TempDir()}.mustDetails(cfg))
	r := &recorded{}
	if _, err := RunDetails(context.Background(), cfg, r, nil, nil); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(r.parts); at += 7 {
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

// both is a site's hour in both forms: of six calls three came to a queue, of which one went on to a voice mailbox, so that its row
// does not say Queue, and one rang an agent by a Local channel.
func both() (queueLog, details []byte) {
	return []byte(`1700000010|1700000000.1|500|NONE|ENTERQUEUE||030111|1
1700000020|1700000000.1|500|PJSIP/101|CONNECT|10|1700000011.2|9
1700000080|1700000000.1|500|PJSIP/101|COMPLETECALLER|10|60|1
1700000110|1700000100.3|500|NONE|ENTERQUEUE||030112|1
1700000140|1700000100.3|500|NONE|EXITWITHTIMEOUT|1|1|30
1700000210|1700000200.4|500|NONE|ENTERQUEUE||030113|1
1700000220|1700000200.4|500|PJSIP/102|CONNECT|10|1700000211.5|9
1700000250|1700000200.4|500|PJSIP/102|COMPLETEAGENT|10|30|1
1700020000|NONE|NONE|NONE|CONFIGRELOAD|
`), []byte(`start,answer,end,src,dst,channel,dstchannel,lastapp,disposition,uniqueid,linkedid
1700000000,1700000005,1700000080,030111,500,PJSIP/telekom-01,PJSIP/101-02,Queue,ANSWERED,1700000000.1,1700000000.1
1700000100,1700000105,1700000170,030112,500,PJSIP/telekom-03,,VoiceMail,ANSWERED,1700000100.3,1700000100.3
1700000200,1700000205,1700000250,030113,500,PJSIP/telekom-04,Local/102@a-05;1,Dial,ANSWERED,1700000200.4,1700000200.4
1700000211,1700000220,1700000250,030113,102,Local/102@a-05;2,PJSIP/102-06,Dial,ANSWERED,1700000211.6,1700000200.4
1700000300,1700000310,1700000330,030114,101,PJSIP/telekom-07,PJSIP/101-08,Dial,ANSWERED,1700000300.7,1700000300.7
1700000400,1700000410,1700000430,101,0405551,PJSIP/101-09,PJSIP/telekom-0a,Dial,ANSWERED,1700000400.9,1700000400.9
1700000500,,1700000530,101,102,PJSIP/101-0b,PJSIP/102-0c,Dial,NO ANSWER,1700000500.11,1700000500.11
`)
}

// TestQueueLogAndDetails imports both of a site: each call is there once, and what was in a queue is as queue_log has it, whether
// the rows come with it, again or a second time.
func TestQueueLogAndDetails(t *testing.T) {
	queueLog, rows := both()
	cfg := calls(true, input("cdr.csv", rows))
	cfg.Calls.QueueLog = true
	s := site{t, t.TempDir()}
	if _, _, _, err := s.details(cfg); !errors.Is(err, ErrNoQueueLog) {
		t.Errorf("without queue_log: %v", err)
	}
	queued := printed(t, s.must(config(true, input("queue_log", queueLog))))
	facts, sum, j, err := s.details(cfg)
	if err != nil || sum.Left[history.ByQueueLog] != 3 || sum.Contacts != 3 || j.Clashed != 0 {
		t.Fatalf("%d calls are left to queue_log, %d are told, %d clash: %v", sum.Left[history.ByQueueLog], sum.Contacts, j.Clashed, err)
	}
	want := printed(t, facts)
	if kinds := kindsOf(facts); kinds != "inbound inbound inbound inbound internal outbound" {
		t.Errorf("calls are %s", kinds)
	}
	for _, line := range queued {
		if !slices.Contains(want, line) {
			t.Errorf("%s is not there any more", line)
		}
	}
	s.must(config(true, input("queue_log", queueLog)))
	if got := printed(t, s.mustDetails(cfg)); !slices.Equal(got, want) {
		t.Errorf("again: %s", difference(want, got))
	}
	peeked, err := Peek(s.dir)
	queuedBy, _ := peeked.Taken("old-1700000100.3")
	otherBy, there := peeked.Taken("old-1700000300.7")
	if err != nil || queuedBy.By != history.ByQueueLog || otherBy.By != history.ByCDR || !there || peeked.State.Until.IsZero() {
		t.Errorf("looked at: %v %v %+v %v", queuedBy, otherBy, peeked.State, err)
	}
}

// TestQueueLogAfterDetails imports queue_log after rows that were taken in without it: what stands there stays, and is told of.
func TestQueueLogAfterDetails(t *testing.T) {
	queueLog, rows := both()
	s := site{t, t.TempDir()}
	want := printed(t, s.mustDetails(calls(true, input("cdr.csv", rows))))
	facts, _, j, err := s.run(config(true, input("queue_log", queueLog)))
	if err != nil || j.Clashed != 3 || j.New != 0 {
		t.Errorf("%d calls clash, %d facts are new: %v", j.Clashed, j.New, err)
	}
	if got := printed(t, facts); !slices.Equal(got, want) {
		t.Error(difference(want, got))
	}
}

// TestDetailsWaitForQueueLog imports rows of a time to which queue_log was not read yet: they are kept until it is.
func TestDetailsWaitForQueueLog(t *testing.T) {
	queueLog, rows := both()
	cfg := calls(false, input("cdr.csv", append(rows, "1700030000,,1700030001,1,2,PJSIP/101-aa,PJSIP/102-ab,Dial,NO ANSWER,1700030000.99,1700030000.99\n"...)))
	cfg.Calls.QueueLog = true
	s := site{t, t.TempDir()}
	s.must(config(false, input("queue_log", []byte("1700000010|1700000000.1|500|NONE|ENTERQUEUE||030111|1\n"))))
	facts, sum, _, err := s.details(cfg)
	if err != nil || len(facts) != 0 || sum.Kept != 7 {
		t.Errorf("%d facts, %d calls kept: %v", len(facts), sum.Kept, err)
	}
	s.must(config(true, input("queue_log", queueLog)))
	cfg.Files = nil
	cfg.Final = true
	facts, sum, _, err = s.details(cfg)
	if kinds := kindsOf(facts); err != nil || sum.Left[history.ByQueueLog] != 3 || kinds != "inbound inbound inbound inbound internal internal outbound" {
		t.Errorf("%d left, calls are %s: %v", sum.Left[history.ByQueueLog], kinds, err)
	}
}

// kindsOf are the kinds of the contacts that ended.
func kindsOf(facts []fact.Fact) string {
	var out []string
	for _, f := range facts {
		if d, ok := f.Data.(fact.ContactEnded); ok {
			out = append(out, string(d.Kind))
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// FuzzDetails takes any two files: it ends, in another order and twice the facts are the same, and no time is negative.
func FuzzDetails(f *testing.F) {
	for _, name := range []string{"cdr", "cdrodd", "cdrclocks"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, text[:len(text)/2])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) { anyOrder(t, FormCDR, a, b) })
}

// anyOrder wants the same facts of two files in another order and twice, and no time that is negative.
func anyOrder(t *testing.T, form Form, a, b []byte) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	run := func(files ...Input) []fact.Fact {
		cfg := calls(true, files...)
		cfg.Form, cfg.Zone = form, berlin
		r := &recorded{}
		s, err := RunDetails(context.Background(), cfg, r, nil, nil)
		if err != nil {
			return nil
		}
		if s.Lines != counted(s.Counts) {
			t.Errorf("of %d lines %d are accounted for: %+v", s.Lines, counted(s.Counts), s.Counts)
		}
		return r.facts()
	}
	x := run(input("a", a), input("b", b))
	y := run(input("b", b), input("a", a), input("b", b))
	if p, q := printed(t, x), printed(t, y); !slices.Equal(p, q) {
		t.Errorf("the same files in another order: %s", difference(p, q))
	}
	for _, one := range x {
		switch d := one.Data.(type) {
		case fact.ContactEnded:
			if d.DurationMS < 0 || d.TalkMS < 0 {
				t.Errorf("negative: %+v", d)
			}
		case fact.SegmentEnded:
			if d.DurationMS <= 0 && form == FormCEL {
				t.Errorf("no talk: %+v", d)
			}
		}
	}
}
