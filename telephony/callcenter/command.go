package callcenter

import (
	"time"

	"firstline/pipeline/fact"
)

// Command is something the driver must have done in the world: a sealed set. Commands of one contact are executed in
// order by one worker; commands may be repeated after a restart, so each is idempotent by the ids it carries.
type Command interface {
	// CommandID is unique and derived from contact and counter; CommandFailed names it.
	CommandID() string
	// ContactID is the contact it belongs to, "agent/<id>" for what belongs to an agent alone: the key of its worker.
	ContactID() string
}

// Head is embedded in every command.
type Head struct {
	ID      string
	Contact string
}

func (h Head) CommandID() string { return h.ID }
func (h Head) ContactID() string { return h.Contact }

type (
	// ClearTimeout removes the dialplan's absolute time-out: the controller has the call. First command on each arrival.
	ClearTimeout struct {
		Head
		Channel string
	}
	// Answer the caller's channel.
	Answer struct {
		Head
		Channel string
	}
	// Play media on a channel, one after the other; ends with PlaybackEnded. Media are ARI URIs: "sound:queue-thankyou",
	// "digits:42", "number:3", or a prompt of the site's own, "prompt:greeting". Language picks the sound package.
	Play struct {
		Head
		Channel  string
		Playback string
		Media    []string
		Language string
	}
	// PlayToAll plays media to everybody in a bridge, as Play does on a channel.
	PlayToAll struct {
		Head
		Bridge   string
		Playback string
		Media    []string
		Language string
	}
	// StopPlay ends a playback; PlaybackEnded follows (or the playback is gone already).
	StopPlay struct {
		Head
		Playback string
	}
	// StartMusic / StopMusic on hold on a channel.
	StartMusic struct {
		Head
		Channel string
		Class   string
	}
	StopMusic struct {
		Head
		Channel string
	}
	// Ring makes a channel to an endpoint and dials it, once; LegRinging and LegAnswered follow, or ChannelEnded.
	Ring struct {
		Head
		Channel    string        // id we chose
		Endpoint   string        // "PJSIP/101"
		Originator string        // the caller's channel id, for codecs
		CallerID   string        // shown on the agent's phone, "Name <number>"
		Language   string        // of the channel
		Timeout    time.Duration // Asterisk's own limit, a little beyond the core's
		AutoAnswer bool          // ask the phone to answer by itself
	}
	// CreateBridge makes a mixing bridge.
	CreateBridge struct {
		Head
		Bridge string
	}
	// AddToBridge puts channels in; playbacks on them have been stopped before.
	AddToBridge struct {
		Head
		Bridge   string
		Channels []string
	}
	// RemoveFromBridge takes channels out; they stay in the application.
	RemoveFromBridge struct {
		Head
		Bridge   string
		Channels []string
	}
	// AnswerTransfer tells a phone that asked for a transfer what became of it; it ends its call then or keeps it.
	AnswerTransfer struct {
		Head
		Channel string
		Done    bool
	}
	// Snoop makes a channel that hears what goes in and out of another one, and gives what is said on it to that one's phone.
	Snoop struct {
		Head
		Channel string
		Snoop   string // id we chose
	}
	// Mute has nobody hear a channel's phone, or again.
	Mute struct {
		Head
		Channel string
		On      bool
	}
	// RecordSnoop makes a channel that hears one side of another one, what comes in from its phone or what goes out to it, and
	// records it under the name of that channel. RecordingBegan follows.
	RecordSnoop struct {
		Head
		Channel string
		Snoop   string        // id we chose, and the recording's name
		Out     bool          // what goes out; else what comes in
		Silence time.Duration // after which it ends by itself; 0 = never
	}
	// MuteRecording has silence recorded, or sound again.
	MuteRecording struct {
		Head
		Recording string // its name
		On        bool
	}
	// StoreRecording has both sides of a recording that ended fetched, joined and kept; RecordingStored or RecordingLost follows.
	StoreRecording struct {
		Head
		Recording string        // id in the facts
		In        string        // name of what the caller said
		Out       string        // and of what he heard
		Offset    time.Duration // how much later Out began than In, as measured
		KeepUntil time.Time
		Silences  []Silence // of which no word may be in the file, whatever Asterisk recorded
	}
	// DestroyBridge removes it; members stay in the application.
	DestroyBridge struct {
		Head
		Bridge string
	}
	// SendOut lets a caller go to an endpoint outside: from then on his call is the dialplan's, ChannelEnded follows.
	SendOut struct {
		Head
		Channel  string
		Endpoint string // "PJSIP/+4930123@trunk"
		CallerID string // shown in place of the caller's own, "Name <number>"; "" = his
	}
	// HangUp ends a channel; ChannelEnded follows. Cause is Q.850 (16 normal, 17 busy, 26 answered elsewhere).
	HangUp struct {
		Head
		Channel string
		Cause   int
	}
	// CheckPhone asks whether an agent's phone is registered and what calls it has; PhoneChecked or CommandFailed follows
	// before Timeout, which the core waits a little longer than.
	CheckPhone struct {
		Head
		Agent    string
		Endpoint string // "PJSIP/101"
		Timeout  time.Duration
	}
	// CheckPIN asks whether a PIN is an agent's; PINChecked follows before Timeout. Agent "" is nobody, who has no PIN.
	CheckPIN struct {
		Head
		Agent   string
		PIN     string // in memory only
		Timeout time.Duration
	}
	// Lookup asks the ticket system; LookupDone follows before Deadline in any case.
	Lookup struct {
		Head
		Lookup  string
		Method  fact.LookupMethod
		Value   string // number or digits
		Timeout time.Duration
	}
	// Pop delivers a screen pop by webhook (the desk gets it from the stream of now). PopDone follows.
	Pop struct {
		Head
		Popup fact.Popup
	}
)

// Silence is a stretch of a recording, from its beginning on.
type Silence struct {
	From time.Duration `json:"from,omitempty"`
	To   time.Duration `json:"to,omitempty"` // 0 = the recording's end
}
