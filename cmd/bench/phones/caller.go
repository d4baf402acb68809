package phones

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Call dials in and waits until the call has ended: by the agent, or by this side when ctx ends.
func (p *Phones) Call(ctx context.Context, number, dialed string) {
	c := &Call{Number: number, Dialed: time.Now()}
	p.mu.Lock()
	p.calls[number] = c
	p.mu.Unlock()
	err := p.converse(ctx, number, dialed)
	p.mu.Lock()
	defer p.mu.Unlock()
	c.Ended, c.Err = time.Now(), err
}

func (p *Phones) converse(ctx context.Context, number, dialed string) error {
	host, port, err := net.SplitHostPort(p.cfg.Asterisk)
	if err != nil {
		return fmt.Errorf("asterisk's address: %w", err)
	}
	to := sip.Uri{User: dialed, Host: host}
	if to.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("asterisk's address: %w", err)
	}
	from := &sip.FromHeader{Address: sip.Uri{User: number, Host: "127.0.0.1", Port: p.cfg.Port}, Params: sip.NewParams()}
	from.Params.Add("tag", sip.GenerateTagN(16))
	d, err := p.caller.Invite(ctx, to, sdp(p.voice.callerPort()), from, sip.NewHeader("Content-Type", "application/sdp"))
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer func() { _ = d.Close() }()
	if err := d.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
		return fmt.Errorf("wait for the answer: %w", err)
	}
	if err := d.Ack(ctx); err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	select {
	case <-d.Context().Done():
		return nil
	case <-ctx.Done():
		if err := d.Bye(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("hang up: %w", err)
		}
		return ctx.Err()
	}
}
