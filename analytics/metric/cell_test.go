package metric

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firstline/pipeline/fact"
)

func heatMap(t *testing.T, b *book, zoneName string, from, until time.Time, splits ...Dimension) map[string]QueueRow {
	t.Helper()
	r := b.report(t, QueueParams{Window: Window{From: from, Until: until, Interval: Whole, Zone: zone(t, zoneName)}, GroupBy: splits})
	out := map[string]QueueRow{}
	for _, row := range r.Rows {
		day, hour := "-", "-"
		if row.Weekday != nil {
			day = fmt.Sprint(*row.Weekday)
		}
		if row.Hour != nil {
			hour = fmt.Sprint(*row.Hour)
		}
		out[day+" "+hour] = row
	}
	return out
}

// In the spring night of Berlin the hour of 2 does not exist, in the autumn night it exists twice.
func TestHeatMapOfClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone                string
		y                   int
		m                   time.Month
		d                   int
		squares             int
		hour                int
		length              time.Duration
		weekdayLength, each time.Duration
	}{
		{"Europe/Berlin", 2026, 3, 29, 23, 3, time.Hour, 23 * time.Hour, time.Hour},
		{"Europe/Berlin", 2026, 10, 25, 24, 2, 2 * time.Hour, 25 * time.Hour, time.Hour},
		{"Australia/Lord_Howe", 2026, 4, 5, 24, 1, 90 * time.Minute, 24*time.Hour + 30*time.Minute, time.Hour},
		{"Asia/Kathmandu", 2026, 5, 3, 24, 2, time.Hour, 24 * time.Hour, time.Hour},
	} {
		day := DayOf(date(t, c.zone, c.y, c.m, c.d).Add(12*time.Hour), zone(t, c.zone))
		got := heatMap(t, &book{}, c.zone, day.From, day.Until, ByWeekday, ByHour)
		if len(got) != c.squares {
			t.Errorf("%s: %d squares, want %d", c.zone, len(got), c.squares)
		}
		if row := got[fmt.Sprintf("7 %d", c.hour)]; row.CellMS == nil || *row.CellMS != c.length.Milliseconds() {
			t.Errorf("%s: hour %d: %v, want %s", c.zone, c.hour, row.Cell, c.length)
		}
		if row := heatMap(t, &book{}, c.zone, day.From, day.Until, ByWeekday)["7 -"]; row.CellMS == nil || *row.CellMS != c.weekdayLength.Milliseconds() {
			t.Errorf("%s: Sunday: %v, want %s", c.zone, row.Cell, c.weekdayLength)
		}
	}
}

// Both passes of the repeated hour count in one square; a call a millisecond before the next hour is not in it.
func TestHeatMapCountsTheRepeatedHourTwice(t *testing.T) {
	from := date(t, "Europe/Berlin", 2026, 10, 25)
	b := &book{}
	for _, after := range []time.Duration{2 * time.Hour, 3 * time.Hour, 4*time.Hour - time.Millisecond, 4 * time.Hour} {
		b.entry(from.Add(after), time.Second, fact.EntryAnswered)
	}
	got := heatMap(t, b, "Europe/Berlin", from, from.Add(25*time.Hour), ByWeekday, ByHour)
	if two, three := got["7 2"], got["7 3"]; *two.Offered != 3 || *three.Offered != 1 {
		t.Errorf("%d at 2 and %d at 3, want 3 and 1", *two.Offered, *three.Offered)
	}
}

// A square that the window does not reach is no row; with intervals each has its own squares.
func TestHeatMapHasTheSquaresOfItsWindow(t *testing.T) {
	from := date(t, "Europe/Berlin", 2026, 3, 2).Add(90 * time.Minute) // a Monday
	got := heatMap(t, &book{}, "Europe/Berlin", from, from.Add(time.Hour), ByWeekday, ByHour)
	if len(got) != 2 || *got["1 1"].CellMS != 1_800_000 || *got["1 2"].CellMS != 1_800_000 {
		t.Errorf("%v", got)
	}
	r := (&book{}).report(t, QueueParams{Window: Window{From: date(t, "UTC", 2026, 3, 2), Until: date(t, "UTC", 2026, 3, 16), Interval: Week}, GroupBy: []Dimension{ByWeekday}})
	if len(r.Rows) != 14 || *r.Rows[6].Weekday != 7 || *r.Rows[7].Weekday != 1 {
		t.Errorf("%d rows of two weeks", len(r.Rows))
	}
}

func TestHeatMapOfMoreThanTwoYearsIsRefused(t *testing.T) {
	w := Window{From: date(t, "UTC", 2024, 1, 1), Until: date(t, "UTC", 2026, 1, 1), Interval: Whole}
	if _, err := Read(nil).Queues(QueueParams{Window: w, GroupBy: []Dimension{ByHour}, AttributeBy: AttributeOffered}); err != nil {
		t.Errorf("two years: %v", err)
	}
	w.Until = w.Until.AddDate(0, 0, 2)
	if _, err := Read(nil).Queues(QueueParams{Window: w, GroupBy: []Dimension{ByHour}, AttributeBy: AttributeOffered}); err == nil {
		t.Error("more than two years are answered")
	}
}

// Offsets tell the same wall clock as the zone, and squares add up to the window.
func TestOffsetsTellTheWallClock(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Havana", "Africa/Casablanca", "Asia/Kathmandu"}
	rapid.Check(t, func(r *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			r.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1_262_304_000, 1_830_297_600).Draw(r, "from"), 0)
		length := time.Duration(rapid.Int64Range(1, 300*86_400_000).Draw(r, "length")) * time.Millisecond
		w := Window{From: from, Until: from.Add(length), Zone: loc, Interval: Whole}
		at := from.Add(time.Duration(rapid.Int64Range(0, length.Milliseconds()-1).Draw(r, "at")) * time.Millisecond)
		begins, ahead := w.Offsets()
		var shift time.Duration
		for i, b := range begins {
			if !b.After(at) {
				shift = ahead[i]
			}
		}
		if got, want := at.Add(shift).UTC(), at.In(loc); got.Hour() != want.Hour() || got.Weekday() != want.Weekday() {
			r.Fatalf("%s by offsets, %s by the zone", got, want)
		}
		buckets, err := w.Buckets()
		if err != nil {
			r.Fatal(err)
		}
		var sum time.Duration
		for _, l := range cellsOf(buckets, []Dimension{ByWeekday, ByHour}) {
			sum += l
		}
		if sum != length {
			r.Fatalf("squares add up to %s of %s", sum, length)
		}
	})
}
