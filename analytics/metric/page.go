package metric

import (
	"fmt"
	"strings"
)

// Page renders docs/metrics.md.
func Page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, r := range []struct{ id, title, about string }{
		{reportQueues, "Queues: `GET /api/v1/metrics/queues`", "The queue's view. Unit of counting: the queue entry, one for each queue a contact joins. Split by queue and language."},
		{reportAgents, "Agents: `GET /api/v1/metrics/agents`", "Split by agent, team and queue. Time by state belongs to no queue and is null when the report is split or filtered by queue. All numbers add up over rows, but for agents of several teams, who count in the row of each and once in the total."},
		{reportContacts, "Contacts: `GET /api/v1/metrics/contacts`", "The caller's view. Unit of counting: the contact, known when it has ended. Split by the last queue, language and the last agent."},
		{reportTickets, "Tickets: `GET /api/v1/metrics/tickets`", "From the call to the ticket's reply and resolution. Split by the contact's last queue, language and last agent."},
		{reportBacklog, "Backlog: `GET /api/v1/metrics/backlog`", "What came in of tickets, what was done, and what is left. Unit of counting: the ticket and its events, calls or not. Split by agent, queue, team, priority and reason, as the ticket stood then."},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", r.title, r.about)
		for _, d := range Definitions() {
			if d.Report == r.id {
				fmt.Fprintf(&b, "### %s (`%s`)\n\n- Formula: %s.\n- Unit: %s.\n- Counts: %s.\n- Boundary: %s.\n- Source: %s.\n\n", d.Title, d.Field, d.Formula, d.Unit, d.Counts, d.Boundary, d.Source)
			}
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

const pageHead = `<!-- Made from analytics/metric: go test ./analytics/metric -run TestPage -rewrite -->

# What the numbers mean

Every number of the reports, as ` + "`analytics/metric`" + ` defines it in plain Go. The SQL of ` + "`analytics/query`" + ` is tested to give the same
numbers on generated days, in every grouping, interval and zone.

## Rules that hold for all

- **Window.** Half-open, ` + "`[from, until)`" + `: what happens exactly at ` + "`until`" + ` belongs to the next one.
- **Intervals.** ` + "`15m`, `30m`, `1h`, `1d`, `1w`, `1mo`, `whole`" + `, cut on the wall clock of ` + "`tz`" + `. Weeks begin on Monday. A day begins at the first instant
  of its date, so it has 23, 24 or 25 hours; quarters and hours are also cut where the clock changes by less than their length (Lord Howe).
  Each row says its begin and end with offset, its real length, and whether the window cut it short. An interval without events is a row of zeros.
- **attribute_by** decides to which interval a queue entry belongs: ` + "`offered`" + ` (when it joined; the default), ` + "`ended`" + ` (when it left, by any outcome) or
  ` + "`answered`" + ` (when it was answered; other entries are left out, and what they would decide is null). Refused joins always count when they were refused.
- **Null** means that the number can't be computed: a share of nothing, a mean of nothing, a count that the attribution does not define. 0 is a result.
- **Shares** come with numerator and denominator. Add those up over rows, never percentages.
- **Durations** are whole milliseconds. Each set of them comes with count, sum, mean, p50, p90, p95, p99 and the longest. The quantile p of n values is
  the sorted value at the 0-based place ⌊p·n⌋, over all values: no sketch, no interpolation.
- **Limits.** The service level's T and the limit of short abandons are those of the entry's queue, unless the request sets them; compared with ` + "`<=`" + `.
  A row over queues of different limits judges each entry by its own and names none.
- **Total** is computed from the entries of the whole window, not from the rows.
- **Freshness.** ` + "`as_of`" + ` is when the answer was computed, ` + "`watermark`" + ` the time of the newest loaded fact about contacts and agents, ` + "`late`" + ` how many facts of
  the window were loaded more than a minute after they happened, ` + "`open`" + ` what has begun in the 7 days before the watermark and not ended.
  What began more than 7 days before a window and never ended was lost; it is no longer counted as waiting.
- **Tickets.** Senders repeat deliveries: each (system, event id) counts once, by the delivery received first. Their time is the sender's.
- **Wall clock.** All durations are wall clock; business hours are not yet computed.
`
