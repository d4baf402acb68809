package asterisk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/CyCoreSystems/ari/v5"
)

// channel is a channel as ARI writes it: ari.ChannelData lacks protocol_id, the language and the application's name.
type channel struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"` // "PJSIP/101-0000002a"
	State        string       `json:"state"`
	ProtocolID   string       `json:"protocol_id"` // SIP Call-ID
	Caller       ari.CallerID `json:"caller"`
	CreationTime stamp        `json:"creationtime"`
	Language     string       `json:"language"`
	Dialplan     struct {
		Exten   string `json:"exten"`
		AppName string `json:"app_name"`
		AppData string `json:"app_data"` // "firstline,arrival,1000"
	} `json:"dialplan"`
}

// endpoint is the channel's endpoint: "PJSIP/101" of "PJSIP/101-0000002a"; "" when the name has another shape.
func (c channel) endpoint() string {
	i := strings.LastIndexByte(c.Name, '-')
	if i < 0 || !strings.Contains(c.Name[:i], "/") {
		return ""
	}
	return c.Name[:i]
}

// inApp says whether the channel is in the application: Asterisk names the one it runs.
func (c channel) inApp(app string) bool {
	name, _, _ := strings.Cut(c.Dialplan.AppData, ",")
	return c.Dialplan.AppName == "Stasis" && name == app
}

// dialed is the number dialled. The dialplan passes it as the application's second argument, "firstline,arrival,1000":
// unlike the place in the dialplan it stays the same wherever the call goes on.
func (c channel) dialed() string {
	if args := strings.Split(c.Dialplan.AppData, ","); len(args) == 3 && args[1] == "arrival" {
		return args[2]
	}
	return c.Dialplan.Exten
}

// stamp is a time as ARI writes it: "2025-11-22T19:31:22.123+0000". Zero when absent.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(text []byte) error {
	var d ari.DateTime
	if string(text) == "null" || string(text) == `""` {
		return nil
	}
	if err := d.UnmarshalJSON(text); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	s.Time = time.Time(d)
	return nil
}

// frame is any event of ARI, with the fields that Firstline reads of each type.
type frame struct {
	Type        string    `json:"type"`
	Application string    `json:"application"`
	Timestamp   stamp     `json:"timestamp"`
	Channel     channel   `json:"channel"`
	Replaced    *channel  `json:"replace_channel"` // StasisStart of a channel that took another's place
	Digit       string    `json:"digit"`           // ChannelDtmfReceived
	Cause       int       `json:"cause"`           // ChannelDestroyed
	TechCause   int       `json:"tech_cause"`
	Playback    *playback `json:"playback"`
	Recording   struct {
		Name  string `json:"name"`
		Cause string `json:"cause"` // of RecordingFailed
	} `json:"recording"`

	State      string     `json:"state"`       // ChannelTransfer: "" = a phone asks; else the echo of our own answer
	ReferTo    referTo    `json:"refer_to"`    // ChannelTransfer
	ReferredBy referredBy `json:"referred_by"` // ChannelTransfer
}

// referTo is where a phone asks to hand its other end on to: ari/v5 does not know the event.
type referTo struct {
	Requested struct {
		Destination string `json:"destination"` // the user part of the address
		ProtocolID  string `json:"protocol_id"` // Call-ID of the call that is to be replaced; "" = blind
	} `json:"requested_destination"`
	Channel *channel `json:"destination_channel"` // of that call; nil where Asterisk doesn't know it
}

// referredBy is the phone that asks.
type referredBy struct {
	Source channel `json:"source_channel"`
}

// playback is the part of ari.PlaybackData that is read.
type playback struct {
	ID    string `json:"id"`
	State string `json:"state"` // "done", "failed"
}

// decode reads one event. Unknown fields and types are welcome: Asterisk's minor versions add them.
func decode(raw []byte) (frame, error) {
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		return frame{}, fmt.Errorf("decode event: %w", err)
	}
	if f.Type == "" {
		return frame{}, fmt.Errorf("decode event: no type in %.80q", raw)
	}
	return f, nil
}
