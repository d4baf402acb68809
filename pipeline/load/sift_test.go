package load

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"firstline/pipeline/fact"
	"firstline/pipeline/kafka"
)

func message(source, epoch string, position, previous uint64) kafkago.Message {
	f := fact.Fact{Type: fact.TypeIVREntered, Subject: "c1", Sequence: position, Time: time.UnixMilli(int64(position)).UTC(),
		Data: fact.IVREntered{Flow: "f", Node: "n"}, Source: source, Epoch: epoch, Position: position}
	value, err := fact.Encode(f)
	if err != nil {
		panic(err)
	}
	return kafkago.Message{Value: value, Headers: []kafkago.Header{
		kafka.Link{Source: source, Epoch: epoch, Position: position, Previous: previous}.Header()}}
}

func positions(facts []fact.Fact) string {
	var out []string
	for _, f := range facts {
		out = append(out, fmt.Sprintf("%s%d", f.Source, f.Position))
	}
	return strings.Join(out, " ")
}

func TestSiftDropsRepeatsAndCountsWhatIsMissing(t *testing.T) {
	bad := message("a", "e", 9, 8)
	bad.Value = []byte("{")
	badRepeat := message("a", "e", 4, 2)
	badRepeat.Value = []byte("{")
	newer := message("a", "e", 12, 9)
	newer.Value = []byte(strings.Replace(string(newer.Value), "firstline.ivr.entered.v1", "firstline.ivr.sung.v1", 1))
	s := sift([]kafkago.Message{
		message("a", "e", 5, 2), // at the mark
		message("a", "e", 6, 5),
		message("a", "e", 6, 5), // repeated
		message("b", "e", 1, 0), // another log
		message("a", "e", 8, 7), // 7 never came
		bad, badRepeat, newer,
		message("a", "e", 15, 12), // after the bad ones: nothing missing
		{Value: []byte("no header at all")},
	}, []Mark{{"a", "e", 5}})
	if got := positions(s.facts); got != "a6 b1 a8 a15" {
		t.Errorf("facts %s", got)
	}
	if s.repeats != 3 || s.missing != 1 || len(s.bad) != 3 {
		t.Errorf("%d repeats, %d missing, %d bad; want 3, 1, 3", s.repeats, s.missing, len(s.bad))
	}
	if !sameMarks(s.after, []Mark{{"a", "e", 15}, {"b", "e", 1}}) {
		t.Errorf("marks %v", s.after)
	}
	if s.bad[0].reason != reasonMalformed || s.bad[1].reason != reasonUnknownType {
		t.Errorf("reasons %s, %s", s.bad[0].reason, s.bad[1].reason)
	}
	if want := time.UnixMilli(15).UTC(); !s.watermark.Equal(want) {
		t.Errorf("watermark %v, want %v", s.watermark, want)
	}
}

// However a stream with repeats is cut into plans, the facts that come through are each position once, in order: what a
// simple set of seen positions lets through.
func TestSiftEqualsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []kafkago.Message
		next := map[string]uint64{}
		for range rapid.IntRange(1, 60).Draw(t, "messages") {
			source := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "source")
			back := rapid.Uint64Range(0, 5).Draw(t, "back")
			from := next[source] + 1 - min(back, next[source])
			for p := from; p <= next[source]+1; p++ { // a publisher that goes back and comes up again
				stream = append(stream, message(source, "e", p, p-1))
			}
			next[source]++
		}
		seen := map[string]bool{}
		var want []fact.Fact
		for _, m := range stream {
			f, _ := fact.Decode(m.Value)
			if key := fmt.Sprint(f.Source, f.Position); !seen[key] {
				seen[key] = true
				want = append(want, f)
			}
		}
		var got []fact.Fact
		var marks []Mark
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "cut")
			s := sift(stream[:n], marks)
			if again := sift(stream[:n], marks); positions(again.facts) != positions(s.facts) || !sameMarks(again.after, s.after) {
				t.Fatal("not the same twice")
			}
			if s.missing != 0 {
				t.Fatalf("%d counted as missing", s.missing)
			}
			got, marks, stream = append(got, s.facts...), s.after, stream[n:]
		}
		if positions(got) != positions(want) {
			t.Fatalf("got  %s\nwant %s", positions(got), positions(want))
		}
	})
}

func TestMarksStayWithinACommit(t *testing.T) {
	var marks []Mark
	forgotten := 0
	for i := range 500 {
		var n int
		marks, n = limit(move(marks, "api/somewhere", fmt.Sprintf("epoch-%026d", i), 1<<60))
		forgotten += n
	}
	p := Plan{Cluster: "0123456789012345678901", Topic: fact.TopicContacts, Number: 1 << 50, First: 1 << 60, Last: 1<<60 + 1, Before: marks}
	metadata, err := encodePlan(p)
	if err != nil || len(metadata) > 4096 {
		t.Fatalf("%d bytes of metadata (%v), a broker takes 4096", len(metadata), err)
	}
	if forgotten+len(marks) != 500 || marks[len(marks)-1].Epoch != fmt.Sprintf("epoch-%026d", 499) {
		t.Errorf("%d marks forgotten, %d kept, the last %v", forgotten, len(marks), marks[len(marks)-1])
	}
	back, err := decodePlan(metadata)
	if err != nil || back.Token("x") != p.Token("x") || !sameMarks(back.Before, marks) {
		t.Errorf("decoded %+v, %v", back, err)
	}
}

func FuzzDecodePlan(f *testing.F) {
	good, _ := encodePlan(*plan(7, 100, 149))
	f.Add(good)
	f.Add("")
	f.Add(`{"v":2}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := decodePlan(s)
		if err != nil {
			return
		}
		again, err := encodePlan(p)
		if err != nil {
			t.Fatal(err)
		}
		if q, err := decodePlan(again); err != nil || q.Token("") != p.Token("") {
			t.Fatalf("%q came back as %+v, %v", s, q, err)
		}
	})
}

func TestTokensDiffer(t *testing.T) {
	base := plan(7, 100, 149)
	seen := map[string]bool{base.Token("events"): true}
	for _, change := range []func(*Plan){
		func(p *Plan) { p.Cluster = "c2" }, func(p *Plan) { p.Topic = "u" }, func(p *Plan) { p.Partition = 1 },
		func(p *Plan) { p.Number = 8 }, func(p *Plan) { p.First = 101 }, func(p *Plan) { p.Last = 150 },
	} {
		p := *base
		change(&p)
		seen[p.Token("events")] = true
	}
	seen[base.Token("loads")] = true
	if len(seen) != 8 {
		t.Errorf("%d tokens, want 8: %v", len(seen), maps.Keys(seen))
	}
}

func TestSpreadGivesEveryPartitionOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var members []kafkago.GroupMember
		for i := range rapid.IntRange(1, 5).Draw(t, "members") {
			members = append(members, kafkago.GroupMember{ID: fmt.Sprint("m", i)})
		}
		var partitions []kafkago.Partition
		for _, topic := range kafka.FactTopics() {
			for id := range rapid.IntRange(1, 4).Draw(t, "partitions") {
				partitions = append(partitions, kafkago.Partition{Topic: topic, ID: id})
			}
		}
		got := spread{}.AssignGroups(members, rapid.Permutation(partitions).Draw(t, "order"))
		given, least, most := map[string]int{}, len(partitions), 0
		for _, topics := range got {
			n := 0
			for topic, ids := range topics {
				for _, id := range ids {
					given[fmt.Sprint(topic, id)]++
					n++
				}
			}
			least, most = min(least, n), max(most, n)
		}
		if len(got) != len(members) || len(given) != len(partitions) || most-least > 1 {
			t.Fatalf("%v", got)
		}
	})
}
