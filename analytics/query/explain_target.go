package query

import "firstline/analytics/metric"

// clockNames are the columns that say by what a ticket's clocks were judged, beside reply and resolution: how they stand.
const clockNames = "reply_priority, reply_used, resolution_priority, resolution_used"

// clockColumns are the same of a row of clocks, at an instant at which the ticket stands so.
func clockColumns(replyAt, resolutionAt string) string {
	return ", reply_priority, " + replyUsed(replyAt) + " AS reply_used, resolution_priority, " + resolutionUsed(resolutionAt) + " AS resolution_used"
}

// The two clocks, as number.clock names them.
const (
	clockReply      = "'first_reply'"
	clockResolution = "'resolution'"
)

// clockThat is the clock that stands so, the first reply where both do.
func clockThat(state string) string {
	return "if(reply = '" + state + "', " + clockReply + ", " + clockResolution + ")"
}

// targetColumns are what the common table listed has of a target; none where the number is about none.
func (p part) targetColumns() (of []string) {
	if p.clock == "" {
		return nil
	}
	either := func(reply, resolution string) string {
		return "if(" + p.clock + " = " + clockReply + ", " + reply + ", " + resolution + ")"
	}
	priority := "toString(" + either("reply_priority", "resolution_priority") + ")"
	return []string{
		"toString(" + p.clock + ") AS clock",
		priority + " AS judged_by",
		"toUInt8(empty(" + priority + ") OR NOT has({priorities:Array(String)}, " + priority + ")) AS by_default",
		"toInt64(" + either(targetOf("reply_ms", "reply_priority"), targetOf("resolution_ms", "resolution_priority")) + ") AS promised",
		"toInt64(" + either("reply_used", "resolution_used") + ") AS used",
		"toString(" + either("reply", "resolution") + ") AS stands",
	}
}

// targetResults read them.
func targetResults() []column[explainRow] {
	return []column[explainRow]{
		{"its_clock", "clock", func(r *explainRow) any { return &r.target.Clock }},
		{"its_priority", "judged_by", func(r *explainRow) any { return &r.target.Priority }},
		{"its_default", "by_default", func(r *explainRow) any { return &r.byDefault }},
		{"its_target", "promised", func(r *explainRow) any { return &r.target.TargetMS }},
		{"its_used", "used", func(r *explainRow) any { return &r.target.UsedMS }},
		{"its_state", "stands", func(r *explainRow) any { return (*string)(&r.target.State) }},
	}
}

// applied is the target that was applied; nil where the number is about none.
func (row *explainRow) applied(p part) *metric.AppliedTarget {
	if p.clock == "" {
		return nil
	}
	t := row.target
	t.Default = row.byDefault != 0
	return &t
}
