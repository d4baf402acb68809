package asterisk

import (
	"strings"

	"firstline/pipeline/number"
	"firstline/telephony/callcenter"
)

// Types of ARI events that are translated, and values in them.
const (
	typeRegistered      = "ApplicationRegistered"
	typeStart           = "StasisStart"
	typeEnd             = "StasisEnd"
	typeDigit           = "ChannelDtmfReceived"
	typeState           = "ChannelStateChange"
	typeDestroyed       = "ChannelDestroyed"
	typeTransfer        = "ChannelTransfer"
	typeHold            = "ChannelHold"
	typeUnhold          = "ChannelUnhold"
	typePlaybackDone    = "PlaybackFinished"
	typeRecordingBegan  = "RecordingStarted"
	typeRecordingEnded  = "RecordingFinished"
	typeRecordingFailed = "RecordingFailed"
	ours                = "fl." // prefix of every id that Firstline chose
	oursPlayback        = "fl.pb."
	stateUp             = "Up"
	stateRinging        = "Ringing"
	playbackStateFailed = "failed"
)

// isKnown says whether a type is counted under its own name: those that are translated, and those that are known to say
// nothing new. Any other is counted as "unknown".
func isKnown(kind string) bool {
	switch kind {
	case typeRegistered, typeStart, typeEnd, typeDigit, typeState, typeDestroyed, typeTransfer, typeHold, typeUnhold, typePlaybackDone,
		typeRecordingBegan, typeRecordingEnded, typeRecordingFailed:
		return true
	case "ApplicationMoveFailed", "ApplicationReplaced", "ApplicationUnregistered", "BridgeAttendedTransfer", "BridgeBlindTransfer",
		"BridgeCreated", "BridgeDestroyed", "BridgeMerged", "BridgeVideoSourceChanged", "ChannelCallerId", "ChannelConnectedLine",
		"ChannelCreated", "ChannelDialplan", "ChannelEnteredBridge", "ChannelHangupRequest", "ChannelLeftBridge",
		"ChannelTalkingFinished", "ChannelTalkingStarted", "ChannelToneDetected", "ChannelUserevent", "ChannelVarset",
		"ContactStatusChange", "DeviceStateChanged", "Dial", "EndpointStateChange", "PeerStatusChange", "PlaybackContinuing",
		"PlaybackStarted", "RESTResponse", "TextMessageReceived":
		return true
	}
	return false
}

// translate says what an event means to the core: at most one event, nil = nothing. It is pure. knows tells which endpoints
// are agents' phones, form is what callers' numbers become.
func translate(f frame, knows func(endpoint string) bool, form number.Form) callcenter.Event {
	isOurs := strings.HasPrefix(f.Channel.ID, ours)
	switch f.Type {
	case typeStart:
		return started(f, isOurs, knows, form)
	case typeEnd:
		// A leg of ours ends with ChannelDestroyed, which tells the cause. For a caller that isn't sure to come.
		if !isOurs {
			return callcenter.ChannelEnded{Channel: f.Channel.ID}
		}
	case typeDestroyed:
		if isOurs {
			return callcenter.ChannelEnded{Channel: f.Channel.ID, Cause: f.Cause, TechCause: f.TechCause}
		}
	case typeState:
		return stateChanged(f, isOurs)
	case typeDigit:
		return callcenter.DigitPressed{Channel: f.Channel.ID, Digit: f.Digit}
	case typePlaybackDone:
		if f.Playback != nil && strings.HasPrefix(f.Playback.ID, oursPlayback) {
			return callcenter.PlaybackEnded{Playback: f.Playback.ID, Failed: f.Playback.State == playbackStateFailed}
		}
	case typeRecordingBegan:
		return callcenter.RecordingBegan{Name: f.Recording.Name}
	case typeRecordingEnded:
		return callcenter.RecordingStopped{Name: f.Recording.Name}
	case typeRecordingFailed:
		return callcenter.RecordingBroke{Name: f.Recording.Name, Why: f.Recording.Cause}
	case typeTransfer:
		return transferAsked(f)
	case typeHold:
		return callcenter.ChannelHeld{Channel: f.Channel.ID}
	case typeUnhold:
		return callcenter.ChannelUnheld{Channel: f.Channel.ID}
	}
	return nil
}

func started(f frame, isOurs bool, knows func(string) bool, form number.Form) callcenter.Event {
	if isOurs || f.Replaced != nil { // a leg, or a channel that a transfer by the phone put into another's bridge: nobody new has arrived
		return nil
	}
	c := f.Channel
	arrived := callcenter.CallArrived{
		Channel: c.ID, Number: form.Of(c.Caller.Number), Name: c.Caller.Name, Dialed: c.dialed(), Language: c.Language,
		SIPCallID: c.ProtocolID, Created: c.CreationTime.UTC(),
	}
	if e := c.endpoint(); knows(e) {
		arrived.Endpoint = e
	}
	return arrived
}

// unknownCall stands for a second call that Asterisk does not know.
const unknownCall = "unknown"

// transferAsked is a phone's request to hand its other end on. Asterisk sends the same event for each answer to it.
func transferAsked(f frame) callcenter.Event {
	if f.State != "" || f.ReferredBy.Source.ID == "" {
		return nil
	}
	ev := callcenter.TransferAsked{Channel: f.ReferredBy.Source.ID, To: f.ReferTo.Requested.Destination}
	switch {
	case f.ReferTo.Channel != nil:
		ev.Other = f.ReferTo.Channel.ID
	case f.ReferTo.Requested.ProtocolID != "":
		ev.Other = unknownCall
	}
	return ev
}

func stateChanged(f frame, isOurs bool) callcenter.Event {
	if !isOurs {
		return nil
	}
	switch f.Channel.State {
	case stateUp:
		return callcenter.LegAnswered{Channel: f.Channel.ID}
	case stateRinging:
		return callcenter.LegRinging{Channel: f.Channel.ID}
	}
	return nil
}
