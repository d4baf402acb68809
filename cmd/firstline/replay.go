package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/analytics/store"
	"firstline/pipeline/fact"
	"firstline/telephony/callcenter"
	"firstline/telephony/replay"
)

// replayed is what is asked of a replay.
type replayed struct {
	from, until time.Time
	facts       string // file; empty = ClickHouse
	strategies  []callcenter.Strategy
	seeds       int
}

// tail is how long after the window facts about its callers and agents are looked for.
const tail = 6 * time.Hour

// routeReplay runs a day's callers through the plan as it is and with other strategies, and prints what would have been.
func routeReplay(ctx context.Context, env *environment, args []string) error {
	asked, err := replayArgs(env, args)
	if err != nil {
		return err
	}
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	facts, err := asked.read(ctx, env, s)
	if err != nil {
		return err
	}
	traffic := replay.Read(facts, asked.from, asked.until)
	runs := []outcome{{"recorded", [][]fact.Fact{traffic.Of(facts)}}}
	again := func(name string, plan callcenter.Plan) error {
		o := outcome{name: name}
		for seed := range asked.seeds {
			facts, err := traffic.Run(plan, uint64(seed)) //nolint:gosec // small
			if err != nil {
				return err
			}
			o.facts = append(o.facts, facts)
		}
		runs = append(runs, o)
		return nil
	}
	if err := again("as configured", *s.Plan); err != nil {
		return err
	}
	for _, strategy := range asked.strategies {
		plan := *s.Plan
		plan.Queues = slices.Clone(plan.Queues)
		for i := range plan.Queues {
			plan.Queues[i].Strategy = strategy
		}
		if err := again(string(strategy), plan); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(env.stdout, "%s to %s: %d callers, %d agents", asked.from.Format(time.RFC3339), asked.until.Format(time.RFC3339), traffic.Callers(), traffic.Agents())
	if traffic.Skipped > 0 {
		_, _ = fmt.Fprintf(env.stdout, "; %d entries can't be replayed (the fallback's, or no customer's)", traffic.Skipped)
	}
	return printRuns(env.stdout, asked, limitsOf(s.Plan), runs)
}

func replayArgs(env *environment, args []string) (replayed, error) {
	flags := flag.NewFlagSet("firstline route replay", flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	year, month, day := time.Now().Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.Local)
	from := flags.String("from", today.AddDate(0, 0, -1).Format(time.RFC3339), "begin of the record, an RFC 3339 time")
	until := flags.String("until", today.Format(time.RFC3339), "end of the record")
	file := flags.String("facts", "", "read the record from a file of facts, one a line, and not from ClickHouse")
	names := flags.String("strategy", "", "strategies to try, separated by commas")
	seeds := flags.Int("runs", 10, "how often each plan is tried: what the record can't know is drawn anew")
	if err := flags.Parse(args); err != nil {
		return replayed{}, errShown
	}
	r := replayed{facts: *file, seeds: *seeds}
	var err, err2 error
	r.from, err = time.Parse(time.RFC3339, *from)
	r.until, err2 = time.Parse(time.RFC3339, *until)
	if err := errors.Join(err, err2); err != nil || flags.NArg() > 0 {
		return r, fmt.Errorf("%s is not understood; write for example --from 2026-03-02T08:00:00+01:00 --until 2026-03-02T18:00:00+01:00", strings.Join(args, " "))
	}
	if r.seeds < 1 {
		return r, fmt.Errorf("--runs %d is none", r.seeds)
	}
	if !r.from.Before(r.until) {
		return r, fmt.Errorf("%s is not before %s", *from, *until)
	}
	for _, name := range strings.FieldsFunc(*names, func(c rune) bool { return c == ',' }) {
		r.strategies = append(r.strategies, callcenter.Strategy(name))
	}
	return r, nil
}

// read reads the record.
func (r replayed) read(ctx context.Context, env *environment, s *settings) ([]fact.Fact, error) {
	if r.facts != "" {
		file, err := os.Open(r.facts)
		if err != nil {
			return nil, err
		}
		defer file.Close() //nolint:errcheck // read only
		facts, err := readFacts(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.facts, err)
		}
		slices.SortStableFunc(facts, func(a, b fact.Fact) int { return a.Time.Compare(b.Time) })
		return facts, nil
	}
	db, err := store.Open(s.Store, env.getenv, env.log, newRegistry())
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // read only
	limits := s.Query
	limits.MaxRows, limits.MaxBytes = 10_000_000, 8<<30 // an hour's facts, not a page's rows
	return query.New(db.Conn(), limits, time.Now).Facts(ctx, r.from, r.until.Add(tail))
}

// limitsOf are the parameters of the service level, by queue.
func limitsOf(plan *callcenter.Plan) metric.Limits {
	limits := metric.DefaultLimits()
	limits.Queues = map[string]metric.QueueLimits{}
	for _, q := range plan.Queues {
		limits.Queues[q.ID] = metric.QueueLimits{Queue: q.ID, ServiceLevelMS: q.ServiceLevel.Milliseconds(), ShortAbandonMS: q.ShortAbandon.Milliseconds()}
	}
	return limits
}

// outcome is the facts of the runs of one plan.
type outcome struct {
	name  string
	facts [][]fact.Fact
}

// printRuns prints a table of queues and one of agents: the means over the runs of each plan.
func printRuns(out io.Writer, asked replayed, limits metric.Limits, runs []outcome) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(t, "\n\nqueue\trun\toffered\tanswered\tabandoned\tmean wait\tp90 wait\tlongest\tservice level (offered)\n")
	for _, queue := range queuesOf(runs) {
		for _, run := range runs {
			line, err := run.figures(asked, queue, limits)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", queue, run.name, line)
		}
	}
	_, _ = fmt.Fprint(t, "\nanswered by an agent\tleast\tmost\n")
	for _, run := range runs {
		var least, most []float64
		for _, facts := range run.facts {
			l, m := spread(facts, asked)
			least, most = append(least, float64(l)), append(most, float64(m))
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", run.name, mean(least, "%.0f"), mean(most, "%.0f"))
	}
	return t.Flush()
}

// figures is one line of the table of queues.
func (o outcome) figures(asked replayed, queue string, limits metric.Limits) (string, error) {
	var offered, answered, abandoned, wait, p90, longest, level []float64
	for _, facts := range o.facts {
		report, err := metric.Read(facts).Queues(metric.QueueParams{
			Window: metric.Window{From: asked.from, Until: asked.until, Interval: metric.Whole}, Queues: []string{queue},
			AttributeBy: metric.AttributeOffered, Limits: limits,
		})
		if err != nil {
			return "", err
		}
		row := report.Total
		offered, answered, abandoned = note(offered, row.Offered), append(answered, float64(row.Answered)), note(abandoned, row.Abandoned)
		wait, p90, longest = note(wait, inSeconds(row.SpeedOfAnswer.MeanMS)), note(p90, inSeconds(row.SpeedOfAnswer.P90MS)), note(longest, inSeconds(row.SpeedOfAnswer.MaxMS))
		level = note(level, row.ServiceLevel.Offered.Percent)
	}
	text := mean(level, "%.1f %%")
	if len(level) > 1 {
		text += fmt.Sprintf(" (%.0f–%.0f)", slices.Min(level), slices.Max(level))
	}
	text += fmt.Sprintf(" in %s", milliseconds(limits.Of(queue).ServiceLevelMS))
	return strings.Join([]string{
		mean(offered, "%.0f"), mean(answered, "%.0f"), mean(abandoned, "%.0f"), mean(wait, "%.1f s"), mean(p90, "%.1f s"),
		mean(longest, "%.1f s"), text,
	}, "\t"), nil
}

// note adds a figure, if there is one.
func note[N int64 | float64](list []float64, n *N) []float64 {
	if n == nil {
		return list
	}
	return append(list, float64(*n))
}

func inSeconds[N int64 | float64](ms *N) *float64 {
	if ms == nil {
		return nil
	}
	s := float64(*ms) / 1000
	return &s
}

// mean is the mean of the runs' figures for reading.
func mean(list []float64, format string) string {
	if len(list) == 0 {
		return "–"
	}
	sum := 0.0
	for _, n := range list {
		sum += n
	}
	return fmt.Sprintf(format, sum/float64(len(list)))
}

// queuesOf are the queues that anybody waited in.
func queuesOf(runs []outcome) []string {
	var queues []string
	for _, run := range runs {
		for _, facts := range run.facts {
			for _, f := range facts {
				if q, ok := f.Data.(fact.Queued); ok && !slices.Contains(queues, q.Queue) {
					queues = append(queues, q.Queue)
				}
			}
		}
	}
	slices.Sort(queues)
	return queues
}

// spread is how many calls the agents answered, of those whose phones rang.
func spread(facts []fact.Fact, asked replayed) (least, most int) {
	calls := map[string]int{}
	for _, f := range facts {
		o, ok := f.Data.(fact.OfferEnded)
		if !ok || o.OfferedAt.Before(asked.from) || !o.OfferedAt.Before(asked.until) {
			continue
		}
		answered := 0
		if o.Result == fact.OfferAnswered {
			answered = 1
		}
		calls[o.Agent] += answered
	}
	counts := slices.Sorted(maps.Values(calls))
	if len(counts) == 0 {
		return 0, 0
	}
	return counts[0], counts[len(counts)-1]
}
