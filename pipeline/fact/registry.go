package fact

import (
	"encoding/json"
	"fmt"
)

// Types returns every type of this version of the schema, in the order of the documentation.
func Types() []Type {
	return []Type{
		TypeArrived, TypeIdentified, TypeIVREntered, TypeIVRChoice, TypeIVRInput, TypeIVRSet, TypeIncidentTold, TypeIVRLeft,
		TypeQueued, TypeQueueRefused, TypeRelaxed, TypePositionTold, TypePriority, TypeEntryEnded,
		TypeOffered, TypeOfferEnded, TypePopSent, TypePopShown, TypePopOpened,
		TypeSegmentStarted, TypeSegmentEnded, TypeTransferStarted, TypeTransferEnded, TypeOutsideAnswered, TypeOutsideEnded,
		TypeMonitorStarted, TypeMonitorEnded, TypeMonitorMissed,
		TypeMuteStarted, TypeMuteEnded,
		TypeRecordingAnnounced, TypeRecordingStarted, TypeRecordingPaused, TypeRecordingResumed, TypeRecordingEnded, TypeRecordingStored, TypeRecordingLost,
		TypeCallbackPromised, TypeCallbackPutOff, TypeCallbackAttempted, TypeCallbackEnded, TypeDisposition, TypeCallEnded, TypeContactEnded,
		TypeAgentLoggedIn, TypeAgentLoggedOut, TypeAgentStateBegan, TypeAgentStateEnded,
		TypeTicketLinked, TypeTicketOpened, TypeTicketFirstReply, TypeTicketPending, TypeTicketResumed, TypeTicketReassigned, TypeTicketPriority,
		TypeTicketResolved, TypeTicketReopened, TypeTicketClosed,
		TypeIncidentBegan, TypeIncidentEnded, TypeVoicemailMarked, TypeLogGap,
	}
}

// DecodeData reads the body of a fact of a type, for readers who keep the envelope elsewhere. The error is ErrUnknownType,
// or says what in the body can't be read.
func DecodeData(t Type, body []byte) (Data, error) { return decodeData(t, body) }

// decodeData reads the body of a fact into the struct its type stands for.
func decodeData(t Type, raw json.RawMessage) (Data, error) {
	switch t {
	case TypeArrived:
		return decodeAs[Arrived](t, raw)
	case TypeIdentified:
		return decodeAs[Identified](t, raw)
	case TypeIVREntered:
		return decodeAs[IVREntered](t, raw)
	case TypeIVRChoice:
		return decodeAs[IVRChoice](t, raw)
	case TypeIVRInput:
		return decodeAs[IVRInput](t, raw)
	case TypeIVRSet:
		return decodeAs[IVRSet](t, raw)
	case TypeIncidentTold:
		return decodeAs[IncidentTold](t, raw)
	case TypeIVRLeft:
		return decodeAs[IVRLeft](t, raw)
	case TypeQueued:
		return decodeAs[Queued](t, raw)
	case TypeQueueRefused:
		return decodeAs[QueueRefused](t, raw)
	case TypeRelaxed:
		return decodeAs[Relaxed](t, raw)
	case TypePositionTold:
		return decodeAs[PositionTold](t, raw)
	case TypePriority:
		return decodeAs[PriorityChanged](t, raw)
	case TypeEntryEnded:
		return decodeAs[EntryEnded](t, raw)
	case TypeOffered:
		return decodeAs[Offered](t, raw)
	case TypeOfferEnded:
		return decodeAs[OfferEnded](t, raw)
	case TypePopSent, TypePopShown, TypePopOpened:
		return decodeNamed(t, raw, func(p *Pop) { p.Type = t })
	case TypeSegmentStarted:
		return decodeAs[SegmentStarted](t, raw)
	case TypeSegmentEnded:
		return decodeAs[SegmentEnded](t, raw)
	case TypeTransferStarted:
		return decodeAs[TransferStarted](t, raw)
	case TypeTransferEnded:
		return decodeAs[TransferEnded](t, raw)
	case TypeOutsideAnswered:
		return decodeAs[OutsideAnswered](t, raw)
	case TypeOutsideEnded:
		return decodeAs[OutsideEnded](t, raw)
	case TypeMonitorStarted:
		return decodeAs[MonitorStarted](t, raw)
	case TypeMonitorEnded:
		return decodeAs[MonitorEnded](t, raw)
	case TypeMonitorMissed:
		return decodeAs[MonitorMissed](t, raw)
	case TypeMuteStarted:
		return decodeAs[MuteStarted](t, raw)
	case TypeMuteEnded:
		return decodeAs[MuteEnded](t, raw)
	case TypeRecordingAnnounced:
		return decodeAs[RecordingAnnounced](t, raw)
	case TypeRecordingStarted:
		return decodeAs[RecordingStarted](t, raw)
	case TypeRecordingPaused:
		return decodeAs[RecordingPaused](t, raw)
	case TypeRecordingResumed:
		return decodeAs[RecordingResumed](t, raw)
	case TypeRecordingEnded:
		return decodeAs[RecordingEnded](t, raw)
	case TypeRecordingStored:
		return decodeAs[RecordingStored](t, raw)
	case TypeRecordingLost:
		return decodeAs[RecordingLost](t, raw)
	case TypeCallbackPromised:
		return decodeAs[CallbackPromised](t, raw)
	case TypeCallbackPutOff:
		return decodeAs[CallbackPutOff](t, raw)
	case TypeCallbackAttempted:
		return decodeAs[CallbackAttempted](t, raw)
	case TypeCallbackEnded:
		return decodeAs[CallbackEnded](t, raw)
	case TypeDisposition:
		return decodeAs[Disposition](t, raw)
	case TypeCallEnded:
		return decodeAs[CallEnded](t, raw)
	case TypeContactEnded:
		return decodeAs[ContactEnded](t, raw)
	case TypeAgentLoggedIn, TypeAgentLoggedOut:
		return decodeNamed(t, raw, func(a *AgentLogged) { a.Type = t })
	case TypeAgentStateBegan:
		return decodeAs[AgentStateBegan](t, raw)
	case TypeAgentStateEnded:
		return decodeAs[AgentStateEnded](t, raw)
	case TypeTicketLinked, TypeTicketOpened, TypeTicketFirstReply, TypeTicketPending, TypeTicketResumed, TypeTicketReassigned, TypeTicketPriority,
		TypeTicketResolved, TypeTicketReopened, TypeTicketClosed:
		return decodeNamed(t, raw, func(e *TicketEvent) { e.Type = t })
	case TypeIncidentBegan:
		return decodeAs[IncidentBegan](t, raw)
	case TypeIncidentEnded:
		return decodeAs[IncidentEnded](t, raw)
	case TypeVoicemailMarked:
		return decodeAs[VoicemailMarked](t, raw)
	case TypeLogGap:
		return decodeAs[LogGap](t, raw)
	default:
		return nil, fmt.Errorf("%w %q", ErrUnknownType, t)
	}
}

// Zero returns the type's empty body, nil for an unknown type: for readers who ask for the shape and not for a fact.
func Zero(t Type) Data {
	d, err := decodeData(t, json.RawMessage("{}"))
	if err != nil {
		return nil
	}
	return d
}

func decodeAs[T Data](t Type, raw json.RawMessage) (Data, error) {
	return decodeNamed(t, raw, func(*T) {})
}

// decodeNamed is for the structs that serve several types: name puts the type in.
func decodeNamed[T Data](t Type, raw json.RawMessage, name func(*T)) (Data, error) {
	var d T
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("data of %s: %w", t, err)
	}
	name(&d)
	return d, nil
}
