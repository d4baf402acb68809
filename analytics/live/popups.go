package live

import (
	"context"
	"errors"

	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
)

// fetchSoon queues a screen pop. When the queue is full the agent gets what the facts say, at once.
func (l *Live) fetchSoon(o offered) {
	select {
	case l.popups <- o:
	default:
		l.m.popups.WithLabelValues("dropped").Inc()
		l.setPopup(o, nil)
	}
}

// fetchPopups is one worker.
func (l *Live) fetchPopups(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-l.popups:
			l.fetchPopup(ctx, o)
		}
	}
}

func (l *Live) fetchPopup(ctx context.Context, o offered) {
	for range popupTries {
		p, err := l.client.Popup(ctx, o.offer)
		switch {
		case err == nil:
			l.m.popups.WithLabelValues("fetched").Inc()
			l.setPopup(o, &p)
			return
		case errors.Is(err, controllerclient.ErrOver):
			l.m.popups.WithLabelValues("over").Inc()
			return
		case ctx.Err() != nil:
			return
		}
	}
	l.m.popups.WithLabelValues("failed").Inc()
	l.log.Warn("screen pop not fetched, showing what the facts say", "offer", o.offer)
	l.setPopup(o, nil)
}

func (l *Live) setPopup(o offered, p *fact.Popup) {
	l.mu.Lock()
	agent := ""
	if l.state != nil {
		agent = l.state.popup(o.contact, o.offer, p)
	}
	l.mu.Unlock()
	if agent != "" {
		l.watch.notify(Touched{Agents: []string{agent}}, false)
	}
}
