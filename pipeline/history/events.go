package history

// Events as app_queue names them. Those of Wazo, which it writes itself, stand behind.
const (
	eventStart            = "QUEUESTART"
	eventEnter            = "ENTERQUEUE"
	eventConnect          = "CONNECT"
	eventCompleteAgent    = "COMPLETEAGENT"
	eventCompleteCaller   = "COMPLETECALLER"
	eventBlindTransfer    = "BLINDTRANSFER"
	eventAttendedTransfer = "ATTENDEDTRANSFER"
	eventTransfer         = "TRANSFER" // up to version 11
	eventAbandon          = "ABANDON"
	eventExitWithTimeout  = "EXITWITHTIMEOUT"
	eventExitEmpty        = "EXITEMPTY"
	eventExitWithKey      = "EXITWITHKEY"
	eventWithdraw         = "WITHDRAW"
	eventSysCompat        = "SYSCOMPAT"
	eventRingNoAnswer     = "RINGNOANSWER"
	eventRingCanceled     = "RINGCANCELED"
	eventAgentDump        = "AGENTDUMP"
	eventDID              = "DID"
	eventAddMember        = "ADDMEMBER"
	eventRemoveMember     = "REMOVEMEMBER"
	eventPauseAll         = "PAUSEALL"
	eventPause            = "PAUSE"
	eventUnpauseAll       = "UNPAUSEALL"
	eventUnpause          = "UNPAUSE"
	eventAgentLogin       = "AGENTLOGIN"
	eventAgentLogoff      = "AGENTLOGOFF"
	eventCallbackLogin    = "AGENTCALLBACKLOGIN"
	eventCallbackLogoff   = "AGENTCALLBACKLOGOFF"
	eventFull             = "FULL"
	eventClosed           = "CLOSED"
	eventJoinEmpty        = "JOINEMPTY"
	eventLeaveEmpty       = "LEAVEEMPTY"
	eventDivertRatio      = "DIVERT_CA_RATIO"
	eventDivertHold       = "DIVERT_HOLDTIME"
)

type kind int

const (
	kindUnknown kind = iota
	kindCall         // tells of a caller
	kindAgent        // tells of an agent alone
	kindSilent       // is known, and says nothing that a fact has
)

func kindOf(event string) kind {
	switch event {
	case eventEnter, eventConnect, eventCompleteAgent, eventCompleteCaller, eventBlindTransfer, eventAttendedTransfer, eventTransfer,
		eventAbandon, eventExitWithTimeout, eventExitEmpty, eventExitWithKey, eventWithdraw, eventSysCompat, eventRingNoAnswer,
		eventRingCanceled, eventAgentDump, eventDID, eventFull, eventClosed, eventJoinEmpty, eventLeaveEmpty, eventDivertRatio, eventDivertHold:
		return kindCall
	case eventAddMember, eventRemoveMember, eventPauseAll, eventPause, eventUnpauseAll, eventUnpause, eventAgentLogin, eventAgentLogoff,
		eventCallbackLogin, eventCallbackLogoff:
		return kindAgent
	case eventStart, "CONFIGRELOAD", "PENALTY", "RINGINUSE", "OUTCALL", "INFO", "CALLSTATUS", "CALLERONHOLD", "CALLEROFFHOLD":
		return kindSilent
	default:
		return kindUnknown
	}
}

// rank is the order of a call's lines within a second, of those that fit equally well.
func rank(event string) int {
	switch event {
	case eventRingNoAnswer, eventRingCanceled, eventAgentDump:
		return 1
	case eventConnect:
		return 2
	case eventCompleteAgent, eventCompleteCaller, eventBlindTransfer, eventAttendedTransfer, eventTransfer:
		return 3
	case eventAbandon, eventExitWithTimeout, eventExitEmpty, eventExitWithKey, eventWithdraw, eventSysCompat, eventLeaveEmpty:
		return 4
	case eventEnter:
		return 5
	case eventAddMember:
		return 6
	case eventPauseAll, eventPause:
		return 8
	case eventUnpauseAll, eventUnpause:
		return 7
	case eventRemoveMember:
		return 9
	default:
		return 0
	}
}

// waited is where the wait stands in the data of an event that ends it; -1 where it doesn't.
func waited(event string) int {
	switch event {
	case eventConnect:
		return 0
	case eventAbandon, eventExitWithTimeout, eventExitEmpty, eventWithdraw:
		return 2
	case eventExitWithKey:
		return 3
	default:
		return -1
	}
}

// talked is where hold time and talk time stand in the data of an event that ends a talk. ATTENDEDTRANSFER begins with what
// the callers were joined by, which is one field longer for LINK.
func (l Line) talked() (hold, talk int) {
	switch {
	case l.Event == eventAttendedTransfer && l.field(0) == "LINK":
		return 3, 4
	case l.Event == eventAttendedTransfer, l.Event == eventBlindTransfer, l.Event == eventTransfer:
		return 2, 3
	default:
		return 0, 1
	}
}
