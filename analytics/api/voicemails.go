package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"firstline/analytics/metric"
	"firstline/analytics/query"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// Actions on messages, as the controller knows them.
const (
	actionVoicemailDone = "voicemail_done"
	actionVoicemailOpen = "voicemail_open"
)

// VoicemailsQuery says which messages are meant.
type VoicemailsQuery struct {
	From  time.Time `query:"from" required:"true" doc:"Begin of the window in which the messages began, inclusive, RFC 3339" example:"2026-03-02T00:00:00+01:00"`
	Until time.Time `query:"until" required:"true" doc:"End of the window, exclusive, RFC 3339" example:"2026-03-03T00:00:00+01:00"`
	Queue []string  `query:"queue" nullable:"false" doc:"Only messages left in the mailboxes of these queues"`
	Done  string    `query:"done" enum:"true,false" doc:"Only messages that are marked as dealt with, or those that are not"`
}

type (
	voicemailsInput struct {
		VoicemailsQuery
		PageQuery
	}
	voicemailsExport struct {
		VoicemailsQuery
		ExportQuery
	}
)

// VoicemailMessage is a message, and where it is heard.
type VoicemailMessage struct {
	query.Voicemail
	Audio *string `json:"audio" doc:"Path of its audio; null without one, and where this server has no recordings.dir" example:"/api/v1/contacts/pbx1-1763838123.4/recordings/r1/audio"`
}

type voicemailPage struct {
	Items []VoicemailMessage `json:"items" nullable:"false" doc:"Messages, newest first"`
	Next  *string            `json:"next" doc:"Cursor of the next page; null on the last one"`
	metric.Freshness
}

func (p voicemailPage) tableRows() any { return p.Items }
func (p voicemailPage) next() *string  { return p.Next }

func (a *API) voicemails(ctx context.Context, who principal, in *voicemailsInput) (*listed[voicemailPage], error) {
	return onePage(ctx, a.voicemailPage, who, in.VoicemailsQuery, in.PageQuery)
}

func (a *API) exportVoicemails(ctx context.Context, who principal, in *voicemailsExport) (*huma.StreamResponse, error) {
	return export(ctx, a, "voicemails", a.voicemailPage, who, in.VoicemailsQuery, in.Format)
}

// voicemailPage reads one page of the messages that callers left, newest first.
func (a *API) voicemailPage(ctx context.Context, who principal, in VoicemailsQuery, p PageQuery) (voicemailPage, error) {
	req := query.VoicemailRequest{From: in.From, Until: in.Until, Queues: who.rights.narrowQueues(in.Queue), Limit: p.Limit, Cursor: p.Cursor, Bare: p.rest}
	if in.Done != "" {
		done := in.Done == "true"
		req.Done = &done
	}
	page, err := a.reports.Voicemails(ctx, req)
	out := voicemailPage{Freshness: page.Freshness, Items: []VoicemailMessage{}, Next: page.Next}
	for _, v := range page.Items {
		if !who.personal() {
			maskText(&v.CallerNumber)
			v.CallerName = ""
		}
		out.Items = append(out.Items, VoicemailMessage{v, a.audioPath(v.Contact, v.Number, v.State)})
	}
	return out, err
}

// MessageName names a message in a path, and the request.
type MessageName struct {
	Contact string `path:"id" maxLength:"200" doc:"Contact id" example:"pbx1-1763838123.4"`
	Number  string `path:"n" maxLength:"20" doc:"Its number within the contact" example:"r1"`
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"As of a change of state: a repeat with the same key has no second effect and gives the same answer"`
}

type markInput struct {
	MessageName
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"What became of it"`
	} `required:"false"`
}

// markVoicemail marks a message as dealt with and answers when the fact is durable. Once more is one more mark: the last one counts.
func (a *API) markVoicemail(ctx context.Context, who principal, in *markInput) (*struct{}, error) {
	note := ""
	if in.Body != nil {
		note = in.Body.Note
	}
	return nil, a.sendMark(ctx, who, in.MessageName, actionVoicemailDone, note)
}

type unmarkInput struct{ MessageName }

// unmarkVoicemail takes the mark back.
func (a *API) unmarkVoicemail(ctx context.Context, who principal, in *unmarkInput) (*struct{}, error) {
	return nil, a.sendMark(ctx, who, in.MessageName, actionVoicemailOpen, "")
}

// sendMark has the controller record a mark of a message that there is. The core knows none of them.
func (a *API) sendMark(ctx context.Context, who principal, m MessageName, action, note string) error {
	id, err := a.messageID(ctx, who, m.Contact, m.Number)
	if err != nil {
		return err
	}
	_, err = a.now.Control(ctx, controllerclient.Control{
		Request: requestKeyOf(who, m.Key, of(ctx).id), Actor: who.Name, By: actsBy(who), Action: action, Contact: m.Contact, Recording: id, Note: note,
	})
	return err
}

// messageID finds a message that has ended, as it is listed.
func (a *API) messageID(ctx context.Context, who principal, contact, number string) (string, error) {
	list, err := a.reports.Recordings(ctx, contact)
	if err != nil && !errors.Is(err, query.ErrNotFound) {
		return "", err
	}
	i := slices.IndexFunc(list, func(r query.Recording) bool {
		return r.Number == number && r.Cause == fact.RecordVoicemail && r.State != query.RecordingGoesOn && who.rights.recording(r)
	})
	if i < 0 {
		return "", fail(CodeNotFound, "there never was such a message, or it is not loaded yet", err)
	}
	return list[i].ID, nil
}
