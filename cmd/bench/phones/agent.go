package phones

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
)

// speakFor is how long an agent tries to be heard.
const speakFor = 5 * time.Second

// ring is an agent's phone: it answers at once, talks, and hangs up.
func (p *Phones) ring(ctx context.Context, req *sip.Request, tx sip.ServerTransaction) {
	at := time.Now()
	agent, number := req.Recipient.User, req.From().Address.User
	p.rang(agent, number, at)
	leg, err := mediaOf(req.Body())
	if err != nil {
		p.note("offer", err)
		return
	}
	d, err := p.agents.ReadInvite(req, tx)
	if err != nil {
		p.note("invite", err)
		return
	}
	defer func() { _ = d.Close() }()
	if err := d.Respond(sip.StatusRinging, "Ringing", nil); err != nil {
		p.note("ringing", err)
		return
	}
	if err := d.RespondSDP(sdp(p.voice.agentPort())); err != nil {
		p.note("answer", err)
		return
	}
	heard := p.voice.speak(d.Context(), leg, number, speakFor)
	talk := time.NewTimer(p.talk())
	defer talk.Stop()
	select {
	case <-talk.C:
	case <-d.Context().Done(): // the other side hung up
		p.free(agent, time.Now())
		return
	case <-ctx.Done():
	}
	if !heard {
		p.note("voice", errNotHeard)
	}
	p.free(agent, time.Now())
	p.note("hang up", d.Bye(context.WithoutCancel(ctx)))
}

func (p *Phones) talk() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.most <= p.least {
		return p.least
	}
	return p.least + rand.N(p.most-p.least)
}

func (p *Phones) rang(agent, number string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if freed, ok := p.freed[agent]; ok {
		p.gaps = append(p.gaps, Gap{Agent: agent, Freed: freed, Rang: at})
		delete(p.freed, agent)
	}
	if c := p.calls[number]; c != nil && c.Rang.IsZero() {
		c.Agent, c.Rang = agent, at
	}
}

func (p *Phones) free(agent string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.freed[agent] = at
}
