package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"firstline/pipeline/load"
)

// TicketWay tells how far ticket events are loaded, at each place of their way: the API's own log, and each partition of their
// topic, which has those of other API processes, too.
type TicketWay func(ctx context.Context) ([]load.Reach, error)

// wayPatience bounds asking for it: alerts of now wait for the same look.
const wayPatience = 5 * time.Second

// What is said of tickets that can't be judged.
const (
	ticketsBehind = "ticket events are behind: what came is not loaded"
	ticketsUnsure = "it can't be found out whether ticket events are behind"
)

var (
	errTicketsBehind = errors.New(ticketsBehind)
	errTicketsUnsure = errors.New(ticketsUnsure)
)

// ticketLag finds out that ticket events fall behind: one that was there is not loaded a while later. Whose times the events
// have doesn't matter: only how many there are.
type ticketLag struct {
	looked time.Time
	waits  map[string]ticketWait // by place
}

// ticketWait is what waited at a place to be loaded when it was looked at.
type ticketWait struct {
	end   int64     // it is loaded once the place is loaded up to here
	since time.Time // zero = nobody knows
}

// late notes how far ticket events are now, and says whether some are late. Of what waits already at the first look nobody knows for
// how long it does: that may be since yesterday, so it is late until it is loaded.
func (l *ticketLag) late(reaches []load.Reach, now time.Time) bool {
	since := now
	if now.Sub(l.looked) > lagPatience+dueEvery {
		since = time.Time{}
	}
	late, waits := false, map[string]ticketWait{}
	for _, r := range reaches {
		if r.Loaded >= r.End {
			continue
		}
		w, known := l.waits[r.Place]
		if !known || r.Loaded >= w.end || r.End < w.end { // in the last case it is another log
			w = ticketWait{end: r.End, since: since}
		}
		waits[r.Place] = w
		late = late || now.Sub(w.since) > lagPatience
	}
	l.looked, l.waits = now, waits
	return late
}

// ticketsLate says why tickets can't be judged by what is loaded; nil = they can.
func (a *API) ticketsLate(ctx context.Context, l *ticketLag, now time.Time) error {
	if a.way == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, wayPatience)
	defer cancel()
	reaches, err := a.way(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errTicketsUnsure, err)
	case l.late(reaches, now):
		return errTicketsBehind
	}
	return nil
}
