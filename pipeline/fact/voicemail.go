package fact

// TypeVoicemailMarked is the type of facts about messages that callers left. A message is marked when its contact may be long forgotten.
const TypeVoicemailMarked Type = "voicemail.marked"

// VoicemailSubject is the subject of all marks, which are numbered in the order in which they were made.
const VoicemailSubject = "voicemails"

// VoicemailMarked: somebody has dealt with a message, or takes that back. Of a message's marks the last one counts. Subject is "voicemails".
type VoicemailMarked struct {
	Contact   string `json:"contact"`   // in which it was left
	Recording string `json:"recording"` // its id
	Done      bool   `json:"done"`      // false: the mark is taken back
	Note      string `json:"note,omitempty"`
	By        By     `json:"by"`
	Actor     string `json:"actor,omitempty"` // who marked it
}

func (VoicemailMarked) factType() Type { return TypeVoicemailMarked }
