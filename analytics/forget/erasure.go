package forget

import (
	"context"
	"errors"
	"time"

	"firstline/analytics/store"
)

// State says how far an erasure is: a closed list.
type State string

const (
	StatePreview State = "preview" // nothing is erased, it was only looked
	StateErasing State = "erasing" // not all was gone through yet
	StateErased  State = "erased"  // what there is is erased; what comes late is erased as it comes
	StateOver    State = "over"    // log and Kafka have forgotten, too: nothing can come
)

// Erasure is one erasure and what became of it.
type Erasure struct {
	ID          string       `json:"id" doc:"Its id; empty for a preview" example:"k3v7q2m4x6z5b2n7"`
	State       State        `json:"state" enum:"preview,erasing,erased,over" doc:"Nothing is done; not all was gone through yet; what there is is erased, and what comes late is as it comes; nothing more can come"`
	RequestedAt time.Time    `json:"requested_at" doc:"What happened before is erased"`
	By          string       `json:"by" doc:"Who asked for it" example:"adam"`
	Reason      string       `json:"reason" doc:"Why"`
	Number      string       `json:"number" doc:"The last digits of the number; empty for a customer's" example:"•••456"`
	Customer    string       `json:"customer" doc:"Customer id; empty for a number's"`
	Contacts    int64        `json:"contacts" doc:"Contacts that it is about"`
	Open        int64        `json:"open" doc:"Of them, those that have not ended: their callers are known to the controller until they do"`
	Erased      []ErasedPart `json:"erased" nullable:"false" doc:"What was emptied or deleted; of a preview, what would be"`
	ErasedAt    *time.Time   `json:"erased_at" doc:"When all was gone through for the first time; null before"`
	Remains     []Remainder  `json:"remains" nullable:"false" doc:"What is not erased now, and until when it is there"`
	Error       string       `json:"error" doc:"Why something is left that should not be; empty when nothing is. It is tried again each minute"`
}

// ErasedPart is one table, or the recordings.
type ErasedPart struct {
	What  string `json:"what" doc:"A table, or recordings" example:"arrivals"`
	Count int64  `json:"count" doc:"Rows that were emptied, files that were deleted"`
}

// Remainder is something that is erased by its age.
type Remainder struct {
	What  string     `json:"what" enum:"log_and_kafka,old_parts,open_contacts" doc:"Facts as they were recorded, in the logs and Kafka's topics; files that ClickHouse has replaced and not removed yet; callers whose contacts have not ended"`
	Count *int64     `json:"count" doc:"How many, where that is known"`
	Until *time.Time `json:"until" doc:"When it is gone; null: some minutes after, of old parts, or when the contacts have ended and the logs have forgotten them"`
}

func (s *Erasure) add(what string, n int64) {
	if n > 0 {
		s.Erased = append(s.Erased, ErasedPart{what, n})
	}
}

func statusOf(e store.Erasure) Erasure {
	out := Erasure{ID: e.ID, State: StateErasing, RequestedAt: e.Requested, By: e.By, Reason: e.Reason, Customer: e.Customer, Erased: []ErasedPart{}, Remains: []Remainder{}}
	if e.Ends != "" {
		out.Number = "•••" + e.Ends
	}
	return out
}

// ErrNone says that there is no such erasure.
var ErrNone = errors.New("there is no such erasure")

// Status tells how far an erasure is.
func (w *Worker) Status(ctx context.Context, id string) (Erasure, error) {
	list, err := w.deps.Store.Erasures(ctx, id)
	switch {
	case err != nil:
		return Erasure{}, err
	case len(list) == 0 || id == "":
		return Erasure{}, ErrNone
	}
	return w.status(ctx, list[0])
}

func (w *Worker) status(ctx context.Context, e store.Erasure) (Erasure, error) {
	out := statusOf(e)
	contacts, err := w.deps.Store.Remembered(ctx, e.ID)
	if err != nil {
		return out, err
	}
	out.Contacts = int64(len(contacts))
	if out.Open, err = w.deps.Store.OpenOf(ctx, contacts); err != nil {
		return out, err
	}
	notes, err := w.deps.Store.Notes(ctx, e.ID)
	if err != nil {
		return out, err
	}
	for _, n := range notes {
		switch n.What {
		case store.ErasurePass:
			out.ErasedAt = &n.First
			if out.State == StateErasing {
				out.State = StateErased
			}
		case store.ErasureOver:
			out.State = StateOver
		case store.ErasureTrouble:
			out.Error = n.Error
		default:
			out.add(n.What, n.Erased)
		}
	}
	if out.State == StateOver {
		return out, nil
	}
	old, err := w.deps.Store.OldParts(ctx)
	if err != nil {
		return out, err
	}
	out.Remains = append(out.Remains, Remainder{What: "log_and_kafka", Until: &e.Until})
	if old > 0 {
		out.Remains = append(out.Remains, Remainder{What: "old_parts", Count: &old})
	}
	if out.Open > 0 {
		out.Remains = append(out.Remains, Remainder{What: "open_contacts", Count: &out.Open})
	}
	return out, nil
}
