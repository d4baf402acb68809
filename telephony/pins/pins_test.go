package pins_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"firstline/pipeline/password"
	"firstline/telephony/callcenter"
	"firstline/telephony/pins"
)

type sink chan callcenter.PINChecked

func (s sink) Put(_ time.Time, e callcenter.Event) { s <- e.(callcenter.PINChecked) } //nolint:forcetypeassert // nothing else comes

func check(agent, pin string) callcenter.CheckPIN {
	return callcenter.CheckPIN{Head: callcenter.Head{ID: agent + "/" + pin}, Agent: agent, PIN: pin, Timeout: time.Minute}
}

func TestPINs(t *testing.T) {
	hash, err := password.Make("4711")
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	answers, reg := make(sink, 1), prometheus.NewRegistry()
	p := pins.New(answers, slog.New(slog.NewTextHandler(&said, nil)), reg)
	p.Set(map[string]string{"dora": hash})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	for _, c := range []struct {
		agent, pin   string
		right, known bool
	}{{"dora", "4711", true, true}, {"dora", "4712", false, true}, {"emil", "4711", false, true}, {"", "4711", false, true}} {
		p.Do(check(c.agent, c.pin))
		if got, want := <-answers, (callcenter.PINChecked{Check: c.agent + "/" + c.pin, Right: c.right, Known: c.known}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	late := check("dora", "4711")
	late.Timeout = -time.Second
	p.Do(late)
	if got := <-answers; got.Known || got.Right {
		t.Errorf("a check that comes too late says %+v", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if text := said.String(); strings.Contains(text, "471") || !strings.Contains(text, "agent=emil") {
		t.Errorf("the log says %s", text)
	}
	families, err := reg.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%v %v", families, err)
	}
	if text := fmt.Sprint(families[0]); !strings.Contains(text, `value:"right"`) || !strings.Contains(text, "value:3") {
		t.Errorf("counted %s", text)
	}
}

// More than can wait are answered at once, and so are those that wait at the end.
func TestTooMany(t *testing.T) {
	answers := make(sink, 200)
	p := pins.New(answers, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	const asked = 70
	for i := range asked {
		p.Do(check("dora", fmt.Sprint(i)))
	}
	if len(answers) == 0 || len(answers) == asked {
		t.Errorf("%d of %d are answered while nobody checks", len(answers), asked)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(answers) != asked {
		t.Errorf("%d of %d are answered", len(answers), asked)
	}
}
