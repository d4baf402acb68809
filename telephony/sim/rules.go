package sim

// Rule is something that must always be true, whatever happens. A Failure names the one that was broken.
type Rule string

// What facts promise to any reader (ledger*.go).
const (
	ruleFacts       Rule = "facts"           // every fact is complete, in UTC, in whole milliseconds, not of the future
	ruleSequence    Rule = "sequence"        // numbers of a subject have no gap, its times don't go back
	ruleOneState    Rule = "one state"       // a contact is in exactly one state; nothing after its end
	ruleClosedOnce  Rule = "closed once"     // what was opened is closed exactly once, what wasn't is not
	ruleClosingRows Rule = "closing rows"    // a closing row says what its opening and its parts say
	ruleOneTalk     Rule = "one talk"        // an agent has one offer or one talk at most, and his state says so
	ruleAgentState  Rule = "one agent state" // an agent has exactly one open state
)

// What the plan promises (policy.go).
const (
	ruleOvertaken  Rule = "nobody is overtaken" // within queue, priority and skills
	ruleRightAgent Rule = "the right agent"     // serves the queue and has the skills
	ruleEstimates  Rule = "expected waits"      // come from what is known
	ruleStrategy   Rule = "the strategy"        // who of the agents is rung first
	ruleDecision   Rule = "decisions"           // are told as they were taken
	ruleRingAll    Rule = "all are rung"        // where a queue says so, one of them has the call, and no other caller waits for a phone
	ruleRelaxed    Rule = "the circle"          // of agents is as wide as queue and waiting allow
	ruleRest       Rule = "agents rest"         // after a miss, as long as the queue says
	ruleSeats      Rule = "seats"               // one agent at a phone, and he is rung where he sits
	ruleLooks      Rule = "a look first"        // at the phone, before the first offer after a miss
	ruleReach      Rule = "phones in reach"     // only those are rung that were there and free when last looked at
	ruleBillable   Rule = "billable pauses"     // are those that the plan says are paid work
	ruleMisses     Rule = "misses"              // too many in a row pause the agent, fewer don't
	ruleLimits     Rule = "queue limits"        // full and empty queues turn callers away, others don't
	rulePositions  Rule = "positions"           // callers are told their true place
	rulePriorities Rule = "priorities"          // queue, menu and ticket system add up
	ruleDurations  Rule = "durations"           // ringing, waiting, wrap-up last as long as planned
	ruleIncidents  Rule = "incidents"           // are on or off, and told to whom they concern while they are on
	ruleMenus      Rule = "menus"               // callers walk only where the flow leads
	ruleEntries    Rule = "entries"             // callers are let in, or rejected unanswered, as the first entry says that they fit
	ruleTransfers  Rule = "transfers"           // lead where they say, and everybody talks to whom they say
	ruleMonitors   Rule = "monitors"            // a supervisor hears an agent who talks, and is heard as her mode says
	ruleMutes      Rule = "mutes"               // an agent is muted only while he talks
	ruleRecordings Rule = "recordings"          // talks are recorded as their queue has it, both sides, and what becomes of it is told once
	ruleInformed   Rule = "told beforehand"     // who is recorded heard it, where his queue tells, before he was
	ruleCallbacks  Rule = "callbacks"           // are made to whom they were promised, at his place, in the hours for it, as often as planned
	ruleMarks      Rule = "marks"               // of messages are recorded as asked for, once
	rulePlaces     Rule = "kept places"         // who gave up and calls again in time has his place back, once
)

// What the core promises to its driver (driver.go, check.go).
const (
	ruleIdle        Rule = "nobody waits for an idle agent"
	ruleStuck       Rule = "no call is stuck" // every call waits for something that must come
	ruleDeadlines   Rule = "deadlines pass"   // a Wake does what was due
	ruleLink        Rule = "nothing is ordered without the link"
	ruleReconciled  Rule = "everything is put right" // when the link is back
	ruleRepeats     Rule = "repeats have no effect"  // the same event again
	ruleNoise       Rule = "noise has no effect"     // events about what is over or never was
	ruleReplies     Rule = "replies"                 // each request gets one, the same one when repeated, and it is true
	rulePop         Rule = "pop"                     // the screen pop is about the offer
	ruleFoldFacts   Rule = "fold of facts"           // rebuilds the snapshot
	ruleFoldChanges Rule = "fold of changes"         // rebuilds the state
	ruleRestore     Rule = "restore"                 // the state can be taken in again
	ruleFallback    Rule = "fallback"                // the queue_log is read from where it was left
	ruleCommand     Rule = "command"                 // commands are complete and named after their contact
	ruleNoPanic     Rule = "no panic"
	ruleDeterminism Rule = "determinism" // two runs of a seed are equal
	rulePlan        Rule = "plan"        // a plan drawn by the world is valid
	ruleWorld       Rule = "world"       // the world can do what the core asks
)

// What the people on the phones must find (audit.go, truth.go).
const (
	ruleLasting Rule = "nothing lasts that is wrong" // silence, loneliness, phones that ring for nobody
	ruleTruth   Rule = "truth"                       // facts say what people did
	ruleCalm    Rule = "calm"                        // without faults nothing fails
	ruleQuiet   Rule = "nothing is left"             // when everybody has gone home
)
