package query

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstline/analytics/metric"
	"firstline/analytics/metric/facttest"
	"firstline/analytics/row"
	"firstline/analytics/staffing"
	"firstline/pipeline/fact"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

var day = metric.Window{
	From: time.Date(2026, 3, 2, 23, 0, 0, 0, time.UTC), Until: time.Date(2026, 3, 3, 23, 0, 0, 0, time.UTC), Interval: metric.Day, Zone: time.UTC,
}

// goldenStatements are one statement of every kind, with every shape it can take.
func goldenStatements(t *testing.T) map[string]statement {
	t.Helper()
	out := map[string]statement{}
	queue := func(name string, p metric.QueueParams) {
		p.Window, p.Limits = day, metric.DefaultLimits()
		s, _, err := queueStatement(p, groupingSets(p.GroupBy))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = s
	}
	queue("queues_offered", metric.QueueParams{AttributeBy: metric.AttributeOffered, GroupBy: []metric.Dimension{metric.ByQueue, metric.ByLanguage}, Queues: []string{"support"}})
	queue("queues_split", metric.QueueParams{AttributeBy: metric.AttributeOffered, GroupBy: []metric.Dimension{metric.BySkill, metric.ByCustomer, metric.ByAgent, metric.ByTeam}, Teams: map[string][]string{"anna": {"first", "night"}}})
	queue("queues_ended", metric.QueueParams{AttributeBy: metric.AttributeEnded})
	queue("queues_answered", metric.QueueParams{AttributeBy: metric.AttributeAnswered})
	queue("queues_heat_map", metric.QueueParams{AttributeBy: metric.AttributeOffered, GroupBy: []metric.Dimension{metric.ByWeekday, metric.ByHour}})
	today, err := TodayRequest{}.params(day.From)
	if err != nil {
		t.Fatal(err)
	}
	if out["today"], _, err = queueStatement(today, todaySets); err != nil {
		t.Fatal(err)
	}
	mark := day.Until
	forecast, err := StaffingRequest{
		WindowRequest: WindowRequest{From: day.Until.Add(time.Hour), Until: day.Until.Add(3 * time.Hour), Interval: "1h", Zone: "UTC"}, Queues: []string{"support"}, Weeks: 1, Target: staffing.Target{Occupancy: 0.8},
	}.Params()
	if err != nil {
		t.Fatal(err)
	}
	slots, err := forecast.Slots(mark)
	if err != nil {
		t.Fatal(err)
	}
	out["staffing"] = slotStatement(forecast, slots)
	quality := metric.QualityParams{Window: day}
	if out["quality_counts"], err = defectCountStatement(quality, mark); err != nil {
		t.Fatal(err)
	}
	out["quality_examples"] = defectExampleStatement(quality, mark)
	if out["quality_ticket_counts"], err = ticketDefectCountStatement(quality); err != nil {
		t.Fatal(err)
	}
	out["quality_ticket_examples"] = ticketDefectExampleStatement(quality)
	if out["quality_loads"], err = loadStatement(quality); err != nil {
		t.Fatal(err)
	}
	fresh := metric.Freshness{Watermark: &mark}
	agents, err := agentStatement(metric.AgentParams{Window: day, GroupBy: []metric.Dimension{metric.ByAgent}, Agents: []string{"anna"}}, fresh)
	out["agents"] = agents
	perQueue, err2 := agentStatement(metric.AgentParams{Window: day, GroupBy: []metric.Dimension{metric.ByAgent, metric.ByQueue}, Queues: []string{"support"}}, fresh)
	out["agents_per_queue"] = perQueue
	perContact, err17 := agentStatement(metric.AgentParams{Window: day, GroupBy: []metric.Dimension{metric.ByDisposition, metric.ByLanguage}}, fresh)
	out["agents_per_contact"] = perContact
	contacts, err3 := contactStatement(metric.ContactParams{Window: day, GroupBy: []metric.Dimension{metric.ByQueue}, Days: 7})
	out["contacts"] = contacts
	said, err10 := contactStatement(metric.ContactParams{Window: day, GroupBy: []metric.Dimension{metric.ByCustomer, metric.ByDisposition}, Days: 7})
	out["contacts_split"] = said
	hours, err12 := newBusinessHours(facttest.Schedules()[:1], facttest.Schedules()[1], day.From, day.Until)
	clock, err14 := metric.NewClock(facttest.Schedules()[1], day.From, day.Until)
	clock.Edges, clock.Sums, clock.Rises = clock.Edges[:3], clock.Sums[:3], clock.Rises[:3]
	tickets, err4 := ticketStatement(metric.TicketParams{Window: day, GroupBy: []metric.Dimension{metric.ByAgent}, Queues: []string{"support"}, Days: 7, Now: mark, SLA: metric.SLA{Targets: promised()}}, hours, clock, fresh)
	out["tickets"] = tickets
	split, err15 := ticketStatement(metric.TicketParams{Window: day, GroupBy: []metric.Dimension{metric.ByPriority, metric.ByTeam}, Days: 7, Now: mark}, hours, clock, fresh)
	out["tickets_split"] = split
	menus, err9 := ivrStatement(metric.IVRParams{Window: day, GroupBy: []metric.Dimension{metric.ByFlow, metric.ByNode}, Flows: []string{"main"}, Queues: []string{"support"}})
	out["ivr"] = menus
	list, _, err5 := searchStatement(SearchRequest{
		From: day.From, Until: day.Until, Kinds: []string{"inbound"}, Queues: []string{"support"}, Agent: "anna", Outcome: "answered", Customer: "C1", Ticket: "T1", Number: "042", Personal: true,
		Cursor: cursor{At: 1, ID: "c"}.String(),
	})
	out["search"] = list
	out["contacts_found"] = describeStatement([]arrival{{contact: "pbx1-1764082571.12", at: 1764082571500}})
	out["facts"] = factsStatement(day.From, day.Until)
	out["recordings"] = recordingsStatement("pbx1-1.1")
	out["timeline"] = timelineStatement("pbx1-1.1", span{day.From, day.Until})
	out["said"] = saidStatement(row.NewTables(), []fact.Fact{
		{Type: fact.TypeContactEnded, Time: day.From}, {Type: fact.TypeTicketOpened, Time: day.Until}, {Type: fact.TypeIVRChoice, Time: day.Until}, {Type: fact.TypeIVREntered, Time: day.From},
	}, []string{"pbx1-1.1", "helpdesk:T1"})
	lost, _, err6 := abandonedStatement(AbandonedRequest{From: day.From, Until: day.Until, OnlyLost: true})
	out["abandoned"] = lost
	messages, _, err7 := voicemailStatement(VoicemailRequest{From: day.From, Until: day.Until, Queues: []string{"support"}, Done: new(bool), Cursor: cursor{At: 1, ID: "r"}.String()})
	out["voicemails"] = messages
	callbacks, _, err8 := callbackStatement(CallbackRequest{From: day.From, Until: day.Until, Queues: []string{"support"}, State: CallbackOpen, Cursor: cursor{At: 1, ID: "c"}.String()})
	out["callbacks"] = callbacks
	ticketList, _, err13 := ticketListStatement(TicketListRequest{
		From: day.From, Until: day.Until, States: []string{"open"}, Priorities: []string{"high"}, Agents: []string{"anna"}, Queues: []string{"support"}, Customer: "C1",
		Cursor: cursor{At: 1, ID: "s:t"}.String(),
	}, metric.Clock{}, mark, day.From)
	due, _, err16 := ticketListStatement(TicketListRequest{
		TicketView: TicketView{SLA: metric.SLA{Targets: promised()}}, SLAStates: []string{"warning"}, Queues: []string{"support"}, Teams: []string{"first"}, Sort: SortDue, Cursor: cursor{At: 1, ID: "s:t"}.String(),
	}, clock, mark, time.Time{})
	out["ticket_list_due"] = due
	backlog, err11 := backlogStatement(metric.BacklogParams{
		Window: day, GroupBy: []metric.Dimension{metric.ByAgent, metric.ByPriority}, Queues: []string{"support"}, Teams: []string{"first"}, Now: day.Until, SLA: metric.SLA{Targets: promised()},
	}, hours, clock)
	out["backlog"] = backlog
	out["ticket_list"] = ticketList
	out["explain_queues"] = explainGolden(t, ExplainRequest{Number: "service_level.offered.percent", Cursor: cursor{At: 1, ID: "e"}.String()}, func(why ExplainRequest) (listing, error) {
		return queueListing(QueueRequest{WindowRequest: WindowRequest{From: day.From, Until: day.Until, Interval: "1d", GroupBy: []string{"queue"}}}, why)
	})
	out["explain_agents"] = explainGolden(t, ExplainRequest{Number: "talk.p90_ms"}, func(why ExplainRequest) (listing, error) {
		return agentListing(metric.AgentParams{Window: day, GroupBy: []metric.Dimension{metric.ByAgent}}, why, fresh)
	})
	if err := errors.Join(err, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14, err15, err16, err17); err != nil {
		t.Fatal(err)
	}
	return out
}

// explainGolden is the statement of an explanation, of a row where the report is split.
func explainGolden(t *testing.T, why ExplainRequest, list func(ExplainRequest) (listing, error)) statement {
	t.Helper()
	l, err := list(ExplainRequest{Number: why.Number})
	if err != nil {
		t.Fatal(err)
	}
	why.Row = RowName(day.From, metric.Key{Queue: "support", Agent: "anna"}, l.splits)
	if l, err = list(why); err != nil {
		t.Fatal(err)
	}
	p, ok := l.find(why.Number)
	if !ok {
		t.Fatal(why.Number)
	}
	var m mistakes
	s, _ := explainStatement(l, p, parseCursor(&m, why.Cursor), DefaultPage)
	return s
}

func TestGoldenSQL(t *testing.T) {
	for name, s := range goldenStatements(t) {
		path := filepath.Join("testdata", name+".sql")
		got := "-- Arguments: " + describe(s) + "\n" + s.limited(DefaultConfig()) + "\n"
		if *rewrite {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from %s; read the difference, then run the test with -rewrite\n%s", name, path, got)
		}
	}
}

func describe(s statement) string {
	var list []string
	for n, v := range s.args {
		list = append(list, fmt.Sprintf("%s=%v", n, v))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Every parameter that a statement names is bound, and every bound one is named.
func TestParametersMatch(t *testing.T) {
	for name, s := range goldenStatements(t) {
		for p := range s.args {
			if !strings.Contains(s.text, "{"+p+":") {
				t.Errorf("%s binds %s and does not use it", name, p)
			}
		}
		for _, part := range strings.Split(s.text, "{")[1:] {
			if p, _, found := strings.Cut(part, ":"); found {
				if _, bound := s.args[p]; !bound {
					t.Errorf("%s uses %s and does not bind it", name, p)
				}
			}
		}
	}
}
