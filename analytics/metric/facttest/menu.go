package facttest

import (
	"time"

	"firstline/pipeline/fact"
)

// menu walks the caller through a flow; result is empty when he goes on to a queue.
func (c *call) menu() (fact.Result, fact.Reason) {
	if c.chance(12) {
		return "", ""
	}
	left := fact.IVRLeft{Flow: pick(c.generator, "main", "main", "main", "night"), EnteredAt: c.now, Choices: []string{}}
	for node := "greeting"; node != ""; {
		left.Path, left.LastNode = append(left.Path, node), node
		node = c.node(left.Flow, node)
	}
	left.Outcome = weighted(c.generator, map[fact.IVROutcome]int{
		fact.IVRQueued: 76, fact.IVRHungUp: 9, fact.IVRContained: 9, fact.IVRGaveUp: 3, fact.IVRTransferred: 2, fact.IVRFailed: 1,
	})
	left.LeftAt, left.DurationMS = c.now, c.now.Sub(left.EnteredAt).Milliseconds()
	c.row.Flow, c.row.IVRMS = left.Flow, c.row.IVRMS+left.DurationMS
	if !c.lost() {
		c.emit(left, fact.TypeIVRLeft)
	}
	switch left.Outcome {
	case fact.IVRHungUp:
		return fact.ResultAbandoned, fact.ReasonCallerHungUp
	case fact.IVRContained:
		return fact.ResultContained, fact.ReasonFlowEnded
	case fact.IVRTransferred:
		return fact.ResultContained, fact.ReasonTransferred
	case fact.IVRGaveUp:
		return fact.ResultAbandoned, fact.ReasonGaveUp
	case fact.IVRFailed:
		return fact.ResultFailed, fact.ReasonCommandFailed
	default:
		return "", ""
	}
}

// node lets the caller stay at a node and returns where he goes next, "" when he leaves.
func (c *call) node(flow, node string) (next string) {
	c.emit(fact.IVREntered{Flow: flow, Node: node}, fact.TypeIVREntered)
	if c.chance(80) { // else he is through at once, as at a branch
		c.pass(c.between(0, 15*time.Second))
	}
	for c.chance(20) {
		c.emit(fact.IVRInput{
			Flow: flow, Node: node, Derived: c.chance(10),
			Kind: pick(c.generator, fact.InputDigits, fact.InputNone, fact.InputInvalid, fact.InputGaveUp, fact.InputRefused, fact.InputUnfit),
		}, fact.TypeIVRInput)
		c.pass(c.between(0, 4*time.Second))
	}
	switch {
	case c.chance(10):
		c.generator.emit(c.id+"-cb", c.now, fact.CallbackPromised{Origin: c.id, Queue: pick(c.generator, c.Queues...), Since: c.arrived, ExpiresAt: c.now.Add(time.Hour)}, fact.TypeCallbackPromised)
	case c.chance(10):
		c.emit(fact.RecordingStarted{Recording: c.next("r"), Call: c.id + "/c1", Cause: pick(c.generator, fact.RecordVoicemail, fact.RecordAll)}, fact.TypeRecordingStarted)
	}
	if c.chance(35) {
		return ""
	}
	next = pick(c.generator, "greeting", "topic", "hours", "invoices")
	if c.chance(70) {
		c.emit(fact.IVRChoice{Flow: flow, Node: node, Key: pick(c.generator, "1", "2", "*"), Target: next}, fact.TypeIVRChoice)
	}
	return next
}
