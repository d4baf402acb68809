package api

import (
	"context"
	"time"

	"firstline/analytics/query"
)

type voicemailsInput struct {
	From   time.Time `query:"from" required:"true" doc:"Begin of the window in which the messages began, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until  time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Queue  []string  `query:"queue" nullable:"false" doc:"Only messages left in the mailboxes of these queues"`
	Limit  int       `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Size of the page"`
	Cursor string    `query:"cursor" maxLength:"500" doc:"The value of next of the page before"`
}

// VoicemailMessage is a message, and where it is heard.
type VoicemailMessage struct {
	query.Voicemail
	Audio *string `json:"audio" doc:"Path of its audio; null without one, and where this server has no recordings.dir" example:"/api/v1/contacts/pbx1-1763838123.4/recordings/r1/audio"`
}

// voicemailPage is a page of messages, with its items as CSV.
type voicemailPage struct {
	Items []VoicemailMessage `json:"items" nullable:"false" doc:"Messages, newest first"`
	Next  *string            `json:"next" doc:"Cursor of the next page; null on the last one"`
}

func (p voicemailPage) csvRows() any { return p.Items }

type voicemailsOutput struct {
	Link string `header:"Link" doc:"rel=next: the next page, also for CSV"`
	Body voicemailPage
}

// voicemails answers one page of the messages that callers left, newest first.
func (a *API) voicemails(ctx context.Context, _ principal, in *voicemailsInput) (*voicemailsOutput, error) {
	page, err := a.reports.Voicemails(ctx, query.VoicemailRequest{From: in.From, Until: in.Until, Queues: in.Queue, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &voicemailsOutput{Link: nextLink(ctx, page.Next), Body: voicemailPage{Items: []VoicemailMessage{}, Next: page.Next}}
	for _, v := range page.Items {
		out.Body.Items = append(out.Body.Items, VoicemailMessage{v, a.audioPath(v.Contact, v.Number, v.State)})
	}
	return out, nil
}
