package metric

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func date(t testing.TB, zoneName string, y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, zone(t, zoneName))
}

func TestDaysHaveTheirRealLength(t *testing.T) {
	for _, c := range []struct {
		zone     string
		y        int
		m        time.Month
		d        int
		length   time.Duration
		hours    int
		quarters int
	}{
		{"Europe/Berlin", 2026, 3, 28, 24 * time.Hour, 24, 96},
		{"Europe/Berlin", 2026, 3, 29, 23 * time.Hour, 23, 92},
		{"Europe/Berlin", 2026, 10, 25, 25 * time.Hour, 25, 100},
		{"America/New_York", 2026, 3, 8, 23 * time.Hour, 23, 92},
		{"America/New_York", 2026, 11, 1, 25 * time.Hour, 25, 100},
		// Half an hour: the hour in which the clock changes is cut in two at the change.
		{"Australia/Lord_Howe", 2026, 4, 5, 24*time.Hour + 30*time.Minute, 25, 98},
		{"Australia/Lord_Howe", 2026, 10, 4, 23*time.Hour + 30*time.Minute, 24, 94},
		{"Asia/Kathmandu", 2026, 5, 5, 24 * time.Hour, 24, 96},
		{"UTC", 2026, 5, 5, 24 * time.Hour, 24, 96},
		// Midnight is skipped, is repeated, and belongs to the day before for a while.
		{"America/Sao_Paulo", 2018, 11, 4, 23 * time.Hour, 23, 92},
		{"America/Havana", 2026, 11, 1, 25 * time.Hour, 25, 100},
		{"America/St_Johns", 2010, 11, 7, 24 * time.Hour, 24, 96},
	} {
		t.Run(fmt.Sprintf("%s %d-%02d-%02d", c.zone, c.y, c.m, c.d), func(t *testing.T) {
			from := dateStart(time.Date(c.y, c.m, c.d, 12, 0, 0, 0, zone(t, c.zone)))
			_, next, _ := edges(Day)
			until := next(from)
			if got := until.Sub(from); got != c.length {
				t.Fatalf("day from %s until %s: %s long, want %s", from, until, got, c.length)
			}
			for interval, want := range map[Interval]int{Day: 1, Hour: c.hours, Quarter: c.quarters} {
				b, err := Buckets(from, until, interval, from.Location())
				if err != nil || len(b) != want {
					t.Errorf("%s: %d buckets, want %d (%v)", interval, len(b), want, err)
				}
				for _, x := range b {
					if x.Partial {
						t.Errorf("%s: bucket %v is partial", interval, x)
					}
				}
			}
		})
	}
}

func TestLordHoweHourIsCutAtTheChange(t *testing.T) {
	from := date(t, "Australia/Lord_Howe", 2026, 4, 5).Add(time.Hour)
	got, err := Buckets(from, from.Add(3*time.Hour), Hour, from.Location())
	if err != nil {
		t.Fatal(err)
	}
	var lines string
	for _, b := range got {
		lines += b.From.Format("15:04-07:00") + " " + b.Until.Sub(b.From).String() + "\n"
	}
	want := "01:00+11:00 1h0m0s\n01:30+10:30 30m0s\n02:00+10:30 1h0m0s\n03:00+10:30 30m0s\n"
	if lines != want {
		t.Errorf("got\n%swant\n%s", lines, want)
	}
}

func TestSkippedDateHasNoBucket(t *testing.T) {
	got, err := Buckets(date(t, "Pacific/Apia", 2011, 12, 29), date(t, "Pacific/Apia", 2012, 1, 1), Day, zone(t, "Pacific/Apia"))
	if err != nil || len(got) != 2 || got[1].From.Day() != 31 {
		t.Errorf("got %v, %v; want the 29th and the 31st", got, err)
	}
}

func TestWeeksBeginOnMondayAndMonthsOnTheFirst(t *testing.T) {
	from := time.Date(2026, 2, 25, 10, 0, 0, 0, zone(t, "Europe/Berlin")) // a Wednesday
	until := time.Date(2026, 3, 31, 0, 0, 0, 0, zone(t, "Europe/Berlin"))
	weeks, _ := Buckets(from, until, Week, from.Location())
	months, _ := Buckets(from, until, Month, from.Location())
	if len(weeks) != 6 || weeks[1].From.Format(time.RFC3339) != "2026-03-02T00:00:00+01:00" || !weeks[0].Partial || weeks[1].Partial || !weeks[5].Partial {
		t.Errorf("weeks: %v", weeks)
	}
	if weeks[4].Until.Sub(weeks[4].From) != 167*time.Hour {
		t.Errorf("the week of the change is %s long", weeks[4].Until.Sub(weeks[4].From))
	}
	if len(months) != 2 || months[1].From.Format(time.RFC3339) != "2026-03-01T00:00:00+01:00" || !months[0].Partial || !months[1].Partial {
		t.Errorf("months: %v", months)
	}
}

func TestQuartersAndYears(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	from, until := time.Date(2025, 11, 20, 8, 0, 0, 0, berlin), time.Date(2027, 1, 1, 0, 0, 0, 0, berlin)
	for interval, want := range map[Interval]string{
		// The clock goes forward in the first quarter and back in the last one: an hour less, an hour more.
		QuarterYear: "2025-11-20 1000h partial\n2026-01-01 2159h\n2026-04-01 2184h\n2026-07-01 2208h\n2026-10-01 2209h\n",
		Year:        "2025-11-20 1000h partial\n2026-01-01 8760h\n",
	} {
		buckets, err := Buckets(from, until, interval, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(buckets); got != want {
			t.Errorf("%s: got\n%swant\n%s", interval, got, want)
		}
	}
}

func describe(buckets []Bucket) (lines string) {
	for _, b := range buckets {
		lines += fmt.Sprintf("%s %dh", b.From.Format(time.DateOnly), int(b.Until.Sub(b.From).Hours()))
		if b.Partial {
			lines += " partial"
		}
		lines += "\n"
	}
	return lines
}

func TestCustomEdges(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	from := time.Date(2026, 3, 28, 22, 0, 0, 0, berlin)
	at := func(hours int) time.Time { return from.Add(time.Duration(hours) * time.Hour).UTC() }
	w := Window{From: from, Until: at(24), Interval: Custom, Zone: berlin}
	for name, c := range map[string]struct {
		edges []time.Time
		want  string
	}{
		"shifts over a change of the clock": {[]time.Time{at(7), at(15)}, "28 22:00 7h, 29 06:00 8h, 29 14:00 9h, "},
		"begin and end named too":           {[]time.Time{at(0), at(12), at(24)}, "28 22:00 12h, 29 11:00 12h, "},
	} {
		w.Edges = c.edges
		buckets, err := w.Buckets()
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, b := range buckets {
			got += fmt.Sprintf("%s %dh, ", b.From.Format("02 15:04"), int(b.Until.Sub(b.From).Hours()))
			if b.Partial {
				t.Errorf("%s: %v is partial", name, b)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s want %s", name, got, c.want)
		}
	}
	for name, edges := range map[string][]time.Time{
		"none": nil, "before": {at(-1)}, "after": {at(25)}, "descending": {at(3), at(2)}, "twice": {at(3), at(3)}, "too many": make([]time.Time, MaxBuckets),
	} {
		w.Edges = edges
		if b, err := w.Buckets(); err == nil {
			t.Errorf("%s: got %d buckets", name, len(b))
		}
	}
}

func TestBucketsRefuse(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, try := range map[string]struct {
		until    time.Time
		interval Interval
	}{
		"empty window":     {from, Day},
		"backward window":  {from.Add(-1), Day},
		"unknown interval": {from.Add(time.Hour), "2h"},
		"too many":         {from.AddDate(1, 0, 0), Quarter},
	} {
		if b, err := Buckets(from, try.until, try.interval, nil); err == nil {
			t.Errorf("%s: got %d buckets", name, len(b))
		}
	}
}

// Whatever the window and zone: buckets cover it without hole or overlap, and whole ones begin and end where the wall
// clock says they should.
func TestBucketsCoverTheWindow(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Havana", "Africa/Casablanca", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_262_304_000, 1_830_297_600).Draw(t, "from"), 0)
		until := from.Add(time.Duration(rapid.Int64Range(1, 9*86_400_000).Draw(t, "length")) * time.Millisecond)
		interval := rapid.SampledFrom(Intervals()).Draw(t, "interval")
		got, err := Buckets(from, until, interval, loc)
		if err != nil {
			t.Fatal(err)
		}
		at := from
		for i, b := range got {
			if !b.From.Equal(at) || !b.From.Before(b.Until) {
				t.Fatalf("bucket %d begins at %s, the one before ended at %s", i, b.From, at)
			}
			if (i > 0 && i < len(got)-1) && b.Partial {
				t.Fatalf("inner bucket %d is partial", i)
			}
			at = b.Until
		}
		if !at.Equal(until) {
			t.Fatalf("the last bucket ends at %s, the window at %s", at, until)
		}
	})
}
