package asterisk

import (
	"slices"
	"strings"

	"firstline/telephony/callcenter"
)

// Types of ARI events. Those which aren't named here, or are only named, change nothing that the core decides by.
const (
	typeRegistered      = "ApplicationRegistered"
	typeUnregistered    = "ApplicationUnregistered"
	typeReplaced        = "ApplicationReplaced"
	typeStart           = "StasisStart"
	typeEnd             = "StasisEnd"
	typeDigit           = "ChannelDtmfReceived"
	typeState           = "ChannelStateChange"
	typeDestroyed       = "ChannelDestroyed"
	typeHangup          = "ChannelHangupRequest"
	typeHold            = "ChannelHold"
	typeUnhold          = "ChannelUnhold"
	typeDial            = "Dial"
	typePlaybackDone    = "PlaybackFinished"
	ours                = "fl." // prefix of every id that Firstline chose
	oursPlayback        = "fl.pb."
	stateUp             = "Up"
	stateRinging        = "Ringing"
	dialRinging         = "RINGING"
	playbackStateFailed = "failed"
)

// others are the types that are known to say nothing new. They are counted under their name; any other type as "unknown".
var others = []string{
	"ApplicationMoveFailed", "BridgeAttendedTransfer", "BridgeBlindTransfer", "BridgeCreated", "BridgeDestroyed", "BridgeMerged",
	"BridgeVideoSourceChanged", "ChannelCallerId", "ChannelConnectedLine", "ChannelCreated", "ChannelDialplan", "ChannelEnteredBridge",
	"ChannelLeftBridge", "ChannelTalkingFinished", "ChannelTalkingStarted", "ChannelToneDetected",
	"ChannelTransfer", "ChannelUserevent", "ChannelVarset", "ContactStatusChange", "DeviceStateChanged", "EndpointStateChange",
	"PeerStatusChange", "PlaybackContinuing", "PlaybackStarted", "RecordingFailed", "RecordingFinished", "RecordingStarted",
	"TextMessageReceived", "RESTResponse",
}

// isKnown says whether a type is counted under its own name.
func isKnown(kind string) bool {
	switch kind {
	case typeRegistered, typeUnregistered, typeReplaced, typeStart, typeEnd, typeDigit, typeState, typeDestroyed, typeHangup, typeHold, typeUnhold,
		typeDial, typePlaybackDone:
		return true
	}
	return slices.Contains(others, kind)
}

// translate says what an event means to the core: at most one event, nil = nothing. It is pure. knows tells which endpoints
// are agents' phones.
func translate(f frame, knows func(endpoint string) bool) callcenter.Event {
	isOurs := strings.HasPrefix(f.Channel.ID, ours)
	switch f.Type {
	case typeStart:
		return started(f, isOurs, knows)
	case typeEnd:
		// A leg of ours ends with ChannelDestroyed, which tells the cause; a caller's is told only until it leaves.
		if !isOurs {
			return callcenter.ChannelEnded{Channel: f.Channel.ID}
		}
	case typeDestroyed:
		return callcenter.ChannelEnded{Channel: f.Channel.ID, Cause: f.Cause, TechCause: f.TechCause}
	case typeState:
		return stateChanged(f, isOurs)
	case typeDial:
		if f.DialStatus == dialRinging && strings.HasPrefix(f.Peer.ID, ours) {
			return callcenter.LegRinging{Channel: f.Peer.ID}
		}
	case typeDigit:
		return callcenter.DigitPressed{Channel: f.Channel.ID, Digit: f.Digit}
	case typePlaybackDone:
		if f.Playback != nil && strings.HasPrefix(f.Playback.ID, oursPlayback) {
			return callcenter.PlaybackEnded{Playback: f.Playback.ID, Failed: f.Playback.State == playbackStateFailed}
		}
	case typeHold:
		return callcenter.ChannelHeld{Channel: f.Channel.ID}
	case typeUnhold:
		return callcenter.ChannelUnheld{Channel: f.Channel.ID}
	}
	return nil
}

func started(f frame, isOurs bool, knows func(string) bool) callcenter.Event {
	if isOurs {
		return callcenter.LegReady{Channel: f.Channel.ID}
	}
	if f.Replaced != nil { // a transfer by the phone put this channel into another's bridge: nobody new has arrived
		return nil
	}
	c := f.Channel
	arrived := callcenter.CallArrived{
		Channel: c.ID, Number: c.Caller.Number, Name: c.Caller.Name, Dialed: c.dialed(), Language: c.Language,
		SIPCallID: c.ProtocolID, Created: c.CreationTime.UTC(),
	}
	if e := c.endpoint(); knows(e) {
		arrived.Endpoint = e
	}
	return arrived
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
