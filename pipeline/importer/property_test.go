package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

// day makes the queue_log of some hours, in the order in which app_queue writes, and what a count of the calls gives.
type day struct {
	*rand.Rand
	at    []int64
	text  []string
	calls int
}

func (d *day) put(at int64, call, queue, agent, event string, data ...string) {
	d.at = append(d.at, at)
	d.text = append(d.text, fmt.Sprintf("%d|%s|%s|%s|%s|%s\n", at, call, queue, agent, event, strings.Join(data, "|")))
}

// call lets one caller go through one or two queues.
func (d *day) call(at int64) {
	d.calls++
	id := fmt.Sprintf("%d.%d", at-int64(d.IntN(20)), d.calls)
	for stays := 0; stays < 3; stays++ {
		queue := []string{"500", "600"}[d.IntN(2)]
		began := at
		d.put(at, id, queue, "NONE", "ENTERQUEUE", "", fmt.Sprintf("49301234%04d", d.calls), "1")
		for range d.IntN(3) {
			ring := int64(1 + d.IntN(15))
			at += ring
			d.put(at, id, queue, d.agent(), "RINGNOANSWER", fmt.Sprint(ring*1000))
		}
		at += int64(d.IntN(3) * d.IntN(20)) // often none at all
		wait := fmt.Sprint(at - began)
		agent := d.agent()
		switch d.IntN(6) {
		case 0:
			d.put(at, id, queue, "NONE", "ABANDON", "1", "1", wait)
			return
		case 1:
			d.put(at, id, queue, "NONE", "EXITWITHTIMEOUT", "1", "1", wait)
			at += int64(d.IntN(100))
			continue
		case 2:
			d.put(at, id, queue, "NONE", "EXITWITHKEY", "1", "1", "1", wait)
			return
		}
		d.put(at, id, queue, agent, "CONNECT", wait, id+"9", fmt.Sprint(min(at-began, 4)))
		talk := int64(d.IntN(600))
		at += talk
		if d.IntN(20) == 0 {
			return // its end was lost
		}
		if d.IntN(5) == 0 {
			d.put(at, id, queue, agent, "ATTENDEDTRANSFER", "LINK", "a", "b", wait, fmt.Sprint(talk), "1")
			at += int64(d.IntN(600))
			continue
		}
		d.put(at, id, queue, agent, "COMPLETECALLER", wait, fmt.Sprint(talk), "1")
		return
	}
}

func (d *day) agent() string { return []string{"PJSIP/1", "Bert B", "Agent/3"}[d.IntN(3)] }

// shift lets an agent come, pause and go.
func (d *day) shift(at int64) {
	agent := d.agent()
	d.put(at, "MANAGER", "500", agent, "ADDMEMBER")
	for range d.IntN(3) {
		at += int64(d.IntN(1500))
		d.put(at, "MANAGER", "500", agent, "PAUSE", "lunch")
		at += int64(d.IntN(500))
		d.put(at, "MANAGER", "500", agent, "UNPAUSE", "lunch")
	}
	at += int64(d.IntN(4000))
	d.put(at, "MANAGER", "500", agent, "REMOVEMEMBER")
}

// makeDay gives the lines in the order of their times.
func makeDay(seed uint64) []string {
	d := &day{Rand: rand.New(rand.NewPCG(seed, 7))}
	for range 40 {
		d.call(1700000000 + int64(d.IntN(12*3600)))
	}
	for range 6 {
		d.shift(1700000000 + int64(d.IntN(12*3600)))
	}
	order := make([]int, len(d.at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(d.at[a] - d.at[b]) })
	var out []string
	for _, i := range order {
		out = append(out, d.text[i])
	}
	return out
}

func whole(lines []string) []byte { return []byte(strings.Join(lines, "")) }

// packed compresses a file in one of the ways that log rotation knows.
func packed(t testing.TB, n int, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch n % 4 {
	case 0:
		return text
	case 1:
		w := gzip.NewWriter(&b)
		_, err = w.Write(text)
		err = errors.Join(err, w.Close())
	case 2:
		var w *xz.Writer
		if w, err = xz.NewWriter(&b); err == nil {
			_, err = w.Write(text)
			err = errors.Join(err, w.Close())
		}
	case 3:
		var w *zstd.Encoder
		if w, err = zstd.NewWriter(&b); err == nil {
			_, err = w.Write(text)
			err = errors.Join(err, w.Close())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cut makes overlapping pieces of lines that together have them all.
func cut(r *rand.Rand, lines []string) [][]string {
	var out [][]string
	for from := 0; from < len(lines); {
		until := min(len(lines), from+1+r.IntN(len(lines)/2))
		out = append(out, lines[max(0, from-r.IntN(20)):until])
		from = until
	}
	return out
}

// TestSameFacts is the promise of the import: whatever pieces a log is cut into, whatever they are packed with, in whatever
// order they are given, at once or one after the other, and twice, the facts are the same.
func TestSameFacts(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 3))
			lines := makeDay(seed)
			want := printed(t, site{t, t.TempDir()}.must(config(true, input("queue_log", whole(lines)))))
			same := func(how string, facts []fact.Fact) {
				t.Helper()
				if got := printed(t, facts); !slices.Equal(got, want) {
					t.Errorf("%s: %s", how, difference(want, got))
				}
			}
			var pieces []Input
			for i, p := range cut(r, lines) {
				pieces = append(pieces, input(fmt.Sprintf("queue_log.%d", i), packed(t, i, whole(p))))
			}

			s := site{t, t.TempDir()}
			shuffled := slices.Clone(pieces)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			same("at once, shuffled, one twice", s.must(config(true, append(shuffled, shuffled[0])...)))
			same("again", s.must(config(true, pieces...)))

			s = site{t, t.TempDir()}
			for _, p := range pieces[:len(pieces)-1] {
				s.must(config(false, p))
			}
			same("one after the other", s.must(config(true, pieces[len(pieces)-1])))

			s = site{t, t.TempDir()}
			s.must(config(false, pieces...))
			same("without the end, and again with it", s.must(config(true, pieces...)))
		})
	}
}

// difference is the first line in which two lists differ.
func difference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return "one more: " + got[i]
		case i >= len(got):
			return "one less: " + want[i]
		case want[i] != got[i]:
			return fmt.Sprintf("\n%s\nis not\n%s", got[i], want[i])
		}
	}
	return "none"
}

// TestKilled ends an import at each of its batches, before and after it is durable, and repeats it.
func TestKilled(t *testing.T) {
	lines := makeDay(99)
	want := printed(t, site{t, t.TempDir()}.must(config(true, input("queue_log", whole(lines)))))
	cfg := config(true, input("queue_log", whole(lines)))
	for kill := range 2 * len(puts(t, cfg)) {
		s := site{t, t.TempDir()}
		s.killed(cfg, kill)
		if got := printed(t, s.must(cfg)); !slices.Equal(got, want) {
			t.Errorf("killed at %d: %s", kill, difference(want, got))
		}
	}
}

// TestKilledAndForgotten deletes the log after a killed import was repeated, as an import does whose facts are all loaded: the record
// beside it knows of everything, also of calls that came by twice in the batch that was put.
func TestKilledAndForgotten(t *testing.T) {
	cfg := config(true, input("queue_log", whole(makeDay(99))))
	batch := slices.Concat(puts(t, cfg)...)
	s := site{t, t.TempDir()}
	j, stop := s.open()
	if err := j.Put(context.Background(), batch[:len(batch)/2]); err != nil {
		t.Fatal(err)
	}
	stop()
	s.must(cfg)
	if err := os.RemoveAll(filepath.Join(s.dir, logFolder)); err != nil {
		t.Fatal(err)
	}
	if _, _, j, err := s.run(cfg); err != nil || j.New != 0 {
		t.Errorf("%d facts are new: %v", j.New, err)
	}
}

// puts are the batches of an import, one a second of the log that gives facts.
func puts(t *testing.T, cfg Config) (out [][]history.Part) {
	t.Helper()
	r := &recorded{}
	if _, err := Run(context.Background(), cfg, r, nil, nil); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(r.parts); at += 9 {
		out = append(out, r.parts[at:min(at+9, len(r.parts))])
	}
	return out
}

type recorded struct {
	Nowhere
	parts []history.Part
}

func (r *recorded) Put(_ context.Context, parts []history.Part) error {
	r.parts = append(r.parts, parts...)
	return nil
}

// killed puts the first batches of an import and no more; an odd number leaves out the record of the last one.
func (s site) killed(cfg Config, n int) {
	s.t.Helper()
	j, stop := s.open()
	for i, parts := range puts(s.t.(*testing.T), cfg) {
		if i > n/2 {
			break
		}
		lose := i == n/2 && n%2 == 1
		before := len(j.index.marks)
		size, err := j.index.file.Seek(0, 1)
		if err == nil {
			err = j.Put(context.Background(), parts)
		}
		if err == nil && lose { // the log has it, the record beside it not
			err = j.index.file.Truncate(size + min(7, int64(len(j.index.marks)-before)*markBytes))
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	stop()
}

// TestOlderLater imports a later month before an earlier one: no call is counted twice.
func TestOlderLater(t *testing.T) {
	lines := makeDay(5)
	half := len(lines) / 2
	s := site{t, t.TempDir()}
	s.must(config(true, input("new", whole(lines[half:]))))
	s.must(config(true, input("old", whole(lines[:half]))))
	facts := s.must(config(true, input("all", whole(lines))))
	seen := map[string]int{}
	for _, f := range facts {
		if d, ok := f.Data.(fact.EntryEnded); ok {
			seen[d.Entry]++
		}
	}
	for entry, n := range seen {
		if n > 1 {
			t.Errorf("%s ended %d times", entry, n)
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d stays", len(seen))
	}
}

// TestTwin compares what queues are told with a count made of the lines themselves.
func TestTwin(t *testing.T) {
	for seed := range uint64(8) {
		lines := makeDay(seed + 100)
		joined, answered, abandoned := 0, 0, 0
		for _, l := range lines {
			switch strings.Split(l, "|")[4] {
			case "ENTERQUEUE":
				joined++
			case "CONNECT":
				answered++
			case "ABANDON":
				abandoned++
			}
		}
		count := map[fact.EntryOutcome]int{}
		opened := 0
		for _, f := range (site{t, t.TempDir()}).must(config(true, input("queue_log", whole(lines)))) {
			switch d := f.Data.(type) {
			case fact.EntryEnded:
				count[d.Outcome]++
			case fact.Queued:
				opened++
			}
		}
		if opened != joined || count[fact.EntryAnswered] != answered || count[fact.EntryAbandoned] != abandoned {
			t.Errorf("seed %d: %d joined, %v; the lines say %d, %d, %d", seed, opened, count, joined, answered, abandoned)
		}
	}
}

// FuzzImport takes any two files: it ends, each line is accounted for, and taking both again gives nothing new.
func FuzzImport(f *testing.F) {
	for seed := range uint64(3) {
		lines := makeDay(seed)
		f.Add(whole(lines[:8]), whole(lines[5:14]))
	}
	f.Add([]byte("time,callid,queuename,agent,event,data\n1700000000,1.1,q,a,ENTERQUEUE,|1|1\n"), []byte("|||||\n"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		cfg := config(true, input("a", a), input("b", b))
		r := &recorded{}
		s, err := Run(context.Background(), cfg, r, nil, nil)
		if err != nil {
			return
		}
		if s.Lines != counted(s.Counts) {
			t.Errorf("of %d lines %d are accounted for: %+v", s.Lines, counted(s.Counts), s.Counts)
		}
		again := &recorded{}
		if _, err := Run(context.Background(), config(true, input("b", b), input("a", a), input("b", b)), again, nil, nil); err != nil {
			t.Fatal(err)
		}
		if x, y := printed(t, r.facts()), printed(t, again.facts()); !slices.Equal(x, y) {
			t.Errorf("the same files in another order: %s", difference(x, y))
		}
	})
}

func (r *recorded) facts() (out []fact.Fact) {
	for _, p := range r.parts {
		out = append(out, p.Facts...)
	}
	return out
}
