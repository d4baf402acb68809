package metric

import (
	"fmt"
	"slices"
	"strings"
)

// Page renders docs/metrics.md.
func Page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, r := range []struct{ id, title, about string }{
		{reportQueues, "Queues: `GET /api/v1/metrics/queues`", "The queue's view. Unit of counting: the queue entry, one for each queue a contact joins. Split by queue, language, weekday and hour of the wall clock, customer, skill, and by the agent who answered and his teams. An entry of several skills counts in the row of each, and once in the total: those it required when it left the queue, after what waiting has relaxed. Who is in a team is asked of today's configuration."},
		{reportAgents, "Agents: `GET /api/v1/metrics/agents`", "Split by agent, team, queue, language (of the last queue that the contact joined) and disposition (what the agent himself said last of the contact; empty where he said nothing). Time by state belongs to no queue and no contact, and is null when the report is split by those or filtered by queue. All numbers add up over rows, but for agents of several teams, who count in the row of each and once in the total."},
		{reportContacts, "Contacts: `GET /api/v1/metrics/contacts`", "The caller's view. Unit of counting: the contact, known when it has ended. Split by the last queue, language, the last agent, customer, and the last disposition."},
		{reportIVR, "Menus: `GET /api/v1/metrics/ivr`", "What callers do in the menus. Unit of counting: the visit, one for each time a node is entered. Split by flow and node. With `queue`, and for who is limited to queues or teams, only contacts count that joined one of these queues, before the visit or after it, at most 7 days from the window: who hung up or was served in the menu and joined none is not among them."},
		{reportTickets, "Tickets: `GET /api/v1/metrics/tickets`", "From the call to the ticket's reply and resolution. Split by the contact's last queue, language and last agent, and by the ticket's priority, team and reason as they are now. A contact of several tickets counts in the row of each for what is counted of contacts (first_contact_resolution, undecided), and once in the total; one without tickets in the row without a name."},
		{reportBacklog, "Backlog: `GET /api/v1/metrics/backlog`", "What came in of tickets, what was done, and what is left. Unit of counting: the ticket and its events, calls or not. Split by agent, queue, team, priority and reason, as the ticket stood then."},
		{reportQuality, "Data quality: `GET /api/v1/data-quality`", qualityAbout},
		{reportStaffing, "Staffing: `GET /api/v1/metrics/staffing`", staffingAbout},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", r.title, r.about)
		for _, d := range slices.Concat(Definitions(), QualityDefinitions(), TicketQualityDefinitions()) {
			if d.Report == r.id {
				fmt.Fprintf(&b, "### %s (`%s`)\n\n- Formula: %s.\n- Unit: %s.\n- Counts: %s.\n- Boundary: %s.\n- Source: %s.\n\n", d.Title, d.Field, d.Formula, d.Unit, d.Counts, d.Boundary, d.Source)
			}
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

const qualityAbout = "What is wrong with the facts themselves. Nothing is mended or left out because of a defect: a negative duration stays negative in every sum, a late fact counts where it belongs as soon as it is loaded. " +
	"By interval, source (whose log) and Asterisk node, with the newest ten examples of each kind. `loads` is what the loader met, by when it loaded: messages seen before and dropped (`repeats`), positions that never came (`missing`), " +
	"messages that could not be read (`dead_letters`), times that ClickHouse can't hold and that were moved (`moved`). At most 92 days. `tickets` is the same of the events that the ticket system sent (`tickets.late` is its kind `late`), by interval and ticket system: what `late` and `ahead` compare " +
	"is the event's own time with when Firstline received it."

const staffingAbout = "How many agents a coming day or week needs, of one queue or of several that the same agents serve. Arrivals are the mean of the same weekday and interval (`same_weekday_mean`), " +
	"of the last `weeks` such days. Left out are days before the first entry, those the request names (`except`), those on which nobody came while on others of their weekday somebody did (`closed`: a holiday), " +
	"and, of four days or more, those whose entries lie further from their median than three times the spread (1.4826 x the median deviation) and a quarter of the median (`outlier`). " +
	"Where no day is left every number is null. A target in the past may be asked for: only what had happened before it counts."

const pageHead = `<!-- Made from analytics/metric: go test ./analytics/metric -run TestPage -rewrite -->

# What the numbers mean

Every number of the reports, as ` + "`analytics/metric`" + ` defines it in plain Go. The SQL of ` + "`analytics/query`" + ` is tested to give the same
numbers on generated days, in every grouping, interval and zone.

## Rules that hold for all

- **Window.** Half-open, ` + "`[from, until)`" + `: what happens exactly at ` + "`until`" + ` belongs to the next one.
- **Intervals.** ` + "`15m`, `30m`, `1h`, `1d`, `1w`, `1mo`, `3mo`, `1y`, `whole`" + `, cut on the wall clock of ` + "`tz`" + `; or ` + "`custom`" + `, cut at the instants of ` + "`edges`" + `.
  Weeks begin on Monday, quarters of the year on the first of January, April, July and October. A day begins at the first instant of its date,
  so it has 23, 24 or 25 hours; quarters of an hour, half hours and hours are also cut where the clock changes by less than their length (Lord Howe).
  Each row says its begin and end with offset, its real length, and whether the window cut it short. An interval without events is a row of zeros.
- **attribute_by** decides to which interval a queue entry belongs: ` + "`offered`" + ` (when it joined; the default), ` + "`ended`" + ` (when it left, by any outcome) or
  ` + "`answered`" + ` (when it was answered; other entries are left out, and what they would decide is null). Refused joins always count when they were refused.
- **weekday and hour** (queues; a heat map) are what the wall clock of ` + "`tz`" + ` shows at the instant that ` + "`attribute_by`" + ` names, ` + "`offered`" + ` or ` + "`answered`" + `:
  an entry that waits from one hour to another has no one place by ` + "`ended`" + `. An hour that the clock repeats in autumn counts as one with both its passes, one that it skips
  in spring has no row that day. Each row says how much time of the interval falls on it (` + "`cell_ms`" + `): counts divided by it can be compared. At most two years.
- **Null** means that the number can't be computed: a share of nothing, a mean of nothing, a count that the attribution does not define. 0 is a result.
- **Groups.** A row's name is empty where it is not known: entries that no agent answered, callers who are no known customer, contacts without
  a disposition, agents of no team.
- **Shares** come with numerator and denominator. Add those up over rows, never percentages.
- **Durations** are whole milliseconds. Each set of them comes with count, sum, mean, p50, p90, p95, p99 and the longest. The quantile p of n values is
  the sorted value at the 0-based place ⌊p·n⌋, over all values: no sketch, no interpolation.
- **Limits.** The service level's T and the limit of short abandons are those of the entry's queue, unless the request sets them; compared with ` + "`<=`" + `.
  A row over queues of different limits judges each entry by its own and names none.
- **Total** is computed from the entries of the whole window, not from the rows. So are its percentiles: they are those of all values of the window, and those of a row
  over a day are those of all values of the day, not a mean of the percentiles of its hours.
- **Why.** Each row has a link, ` + "`explain`" + `, to what is behind each of its numbers: [ask why](api.md#ask-why).
- **Freshness.** ` + "`as_of`" + ` is when the answer was computed, ` + "`watermark`" + ` the time of the newest loaded fact about contacts and agents, ` + "`late`" + ` how many facts of
  the window were loaded more than a minute after they happened, ` + "`open`" + ` what has begun in the 7 days before the watermark and not ended.
  What began more than 7 days before a window and never ended was lost; it is no longer counted as waiting.
- **Tickets.** Senders repeat deliveries: each event id counts once in a ticket, by the delivery received first. Their time is the sender's.
- **Wall clock.** All durations are wall clock, but for those in ` + "`business`" + ` and the clocks of SLA targets.
- **SLA targets** (` + "`integrations.tickets.targets`" + `). A ticket has two clocks. They count the time that the schedule ` + "`integrations.tickets.schedule`" + ` has open, all time without one.
  - *First reply*: from the opening to the first reply; a resolution without one is the reply. Waiting for the customer does not stop it. A ticket that is closed without either has none.
  - *Resolution*: the time that the ticket was open, from its opening on. It stands while the ticket waits for the customer (` + "`pending`" + `) and while it is resolved; reopened it goes on from
    where it stood. It is over while the ticket is resolved, or closed after that. A ticket that is closed unresolved has none.
  - A clock is judged by the target of the priority that the ticket had when the clock ended, else of the one that it has: a change of the priority sets another target for all of the time used, before the
    change too, so that a ticket that is raised may be breached at once and one that is lowered may be no longer. What has ended is not judged anew.
  - ` + "`breached`" + `: more than the target is used; exactly the target is not. ` + "`warning`" + `: the clock runs and the warn share is used. ` + "`paused`" + `: the ticket waits for the customer. ` + "`met`" + `: ended within the target.
  - Targets and schedule are those of today's plan, for the past too (` + "`recomputed`" + `). Hours more than ten years ago don't count.
`
