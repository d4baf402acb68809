package fact

import "time"

// A talk is recorded: what the caller says and what he hears, each by itself; or a message that he leaves. The subject is the contact. A recording belongs to
// one queue: a caller who is handed on to another queue gets a new one there.
const (
	TypeRecordingAnnounced Type = "recording.announced"

	TypeRecordingStarted Type = "recording.started"
	TypeRecordingPaused  Type = "recording.paused"
	TypeRecordingResumed Type = "recording.resumed"
	TypeRecordingEnded   Type = "recording.ended"
	TypeRecordingStored  Type = "recording.stored"
	TypeRecordingLost    Type = "recording.lost"
)

type (
	RecordingCause  string // why a talk is recorded
	RecordingResult string // of a recording

	AnnouncementResult string // of telling the caller
)

const (
	RecordAll    RecordingCause = "all"    // every talk of the queue is
	RecordShare  RecordingCause = "share"  // this one is of those drawn
	RecordDemand RecordingCause = "demand" // somebody asked for it

	RecordVoicemail RecordingCause = "voicemail" // the caller leaves a message
)

const (
	RecordingComplete RecordingResult = "complete" // to the end of the talk in that queue
	RecordingFailed   RecordingResult = "failed"   // technical failure; what was recorded so far is kept
)

const (
	AnnouncementHeard  AnnouncementResult = "heard"  // to its end
	AnnouncementFailed AnnouncementResult = "failed" // it could not be played, or its end was not heard of
)

// RecordingAnnounced says that the caller was told that he is recorded, as he joined the queue or in a talk. What was broken off, as he
// left, is not told.
type RecordingAnnounced struct {
	Call       string             `json:"call"`
	Queue      string             `json:"queue"` // whose words they are
	Result     AnnouncementResult `json:"result"`
	StartedAt  time.Time          `json:"started_at"`
	EndedAt    time.Time          `json:"ended_at"`
	DurationMS int64              `json:"duration_ms"`
}

// RecordingStarted opens a recording.
type RecordingStarted struct {
	Recording string         `json:"recording"`
	Call      string         `json:"call"`
	Queue     string         `json:"queue"` // whose rule it is
	Agent     string         `json:"agent"` // who talked then; "" = nobody, it is a message
	Cause     RecordingCause `json:"cause"`
}

// RecordingPaused says that nothing said is recorded from here on: the time goes on in silence.
type RecordingPaused struct {
	Recording string `json:"recording"`
	Queue     string `json:"queue"`
	By        By     `json:"by"` // system: the queue's rule, as the caller is on hold
	Actor     string `json:"actor,omitempty"`
}

// RecordingResumed says that what is said is recorded again.
type RecordingResumed struct {
	Recording string    `json:"recording"`
	Queue     string    `json:"queue"`
	By        By        `json:"by"` // system: by the queue's rule or its longest pause
	Actor     string    `json:"actor,omitempty"`
	PausedAt  time.Time `json:"paused_at"`
	PausedMS  int64     `json:"paused_ms"`
}

// RecordingEnded closes it. The file follows.
type RecordingEnded struct {
	Recording  string          `json:"recording"`
	Call       string          `json:"call"`
	Queue      string          `json:"queue"`
	Agent      string          `json:"agent"`
	Cause      RecordingCause  `json:"cause"`
	Result     RecordingResult `json:"result"`
	StartedAt  time.Time       `json:"started_at"`
	EndedAt    time.Time       `json:"ended_at"`
	DurationMS int64           `json:"duration_ms"`
	PausedMS   int64           `json:"paused_ms"` // of that
	Derived    bool            `json:"derived,omitempty"`
}

// RecordingStored says that the file is kept: WAV, 16-bit PCM, 8,000 samples a second, two channels. Left is what the caller said,
// right what he heard.
type RecordingStored struct {
	Recording  string    `json:"recording"`
	Queue      string    `json:"queue"`
	DurationMS int64     `json:"duration_ms"` // of the file
	Bytes      int64     `json:"bytes"`
	SHA256     string    `json:"sha256"`     // of the file, hexadecimal
	OffsetMS   int64     `json:"offset_ms"`  // how much later the recording of what he heard began than that of what he said, as measured; made up for in the file
	KeepUntil  time.Time `json:"keep_until"` // the end of this day, UTC; then the file is deleted
}

// RecordingLost says that there will be no file.
type RecordingLost struct {
	Recording string `json:"recording"`
	Queue     string `json:"queue"`
	Error     string `json:"error"`
}

func (RecordingAnnounced) factType() Type { return TypeRecordingAnnounced }

func (RecordingStarted) factType() Type { return TypeRecordingStarted }
func (RecordingPaused) factType() Type  { return TypeRecordingPaused }
func (RecordingResumed) factType() Type { return TypeRecordingResumed }
func (RecordingEnded) factType() Type   { return TypeRecordingEnded }
func (RecordingStored) factType() Type  { return TypeRecordingStored }
func (RecordingLost) factType() Type    { return TypeRecordingLost }
