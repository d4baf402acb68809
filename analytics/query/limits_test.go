package query

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Each limit of a statement bites on the real engine, and says which one it was.
func TestLimitsBite(t *testing.T) {
	conn := loadFacts(t, nil)
	for key, c := range map[string]struct {
		set  func(*Config)
		text string
	}{
		"query.max_rows":  {func(c *Config) { c.MaxRows = 1000 }, "SELECT number FROM numbers(1001)"},
		"query.max_bytes": {func(c *Config) { c.MaxBytes = 1 << 20 }, "SELECT repeat('x', 1000000) || toString(number) FROM numbers(10)"},
		"query.memory":    {func(c *Config) { c.Memory = 64 << 20 }, "SELECT uniqExact(number) FROM numbers(50000000)"},
		"query.timeout":   {func(c *Config) { c.Timeout = time.Second }, "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 0"},
	} {
		cfg := DefaultConfig()
		c.set(&cfg)
		s := newStatement("greedy")
		s.text = c.text
		err := New(conn, cfg, time.Now).run(context.Background(), s, func(driver.Rows) error { return nil })
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Key != key || limit.Slow != (key == "query.timeout") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// What every request is answered with runs under all of them.
func TestEveryStatementIsLimited(t *testing.T) {
	s := newStatement("any")
	for _, setting := range []string{"max_execution_time = 30", "max_result_rows = 100000", "max_result_bytes = 268435456", "result_overflow_mode = 'throw'", "max_memory_usage = 2147483648"} {
		if text := s.limited(DefaultConfig()); !strings.Contains(text, setting) {
			t.Errorf("%s is not in %s", setting, text)
		}
	}
}

// busy is an engine whose statements run until they are let go.
type busy struct{ begun, let chan struct{} }

var errLet = errors.New("let go")

func (b busy) Query(ctx context.Context, _ string, _ ...any) (driver.Rows, error) {
	b.begun <- struct{}{}
	<-b.let
	return nil, errLet
}

// Of one asker so many statements run at once; the next one waits, and not for ever. Nobody waits for another asker.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.PerUser, cfg.MaxWait = 2, 5*time.Second
		conn := busy{make(chan struct{}, 4), make(chan struct{})}
		r := New(conn, cfg, time.Now)
		ends := make(chan error)
		ask := func(ctx context.Context, who string) {
			go func() {
				ends <- r.run(AskedBy(ctx, who), newStatement("any"), nil)
			}()
		}
		ask(t.Context(), "sue")
		ask(t.Context(), "sue")
		<-conn.begun
		<-conn.begun

		ask(t.Context(), "sue") // waits until its patience ends
		began := time.Now()
		var own *BusyError
		if err := <-ends; !errors.As(err, &own) || !own.Own || own.Most != 2 || time.Since(began) != cfg.MaxWait {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		gone, leave := context.WithCancel(t.Context()) // or until nobody wants it any more
		ask(gone, "sue")
		synctest.Wait()
		leave()
		if err := <-ends; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		ask(t.Context(), "ina") // another one
		<-conn.begun
		ask(t.Context(), "sue") // or until one of the others is done
		synctest.Wait()
		for range 4 {
			conn.let <- struct{}{}
			if err := <-ends; !errors.Is(err, errLet) {
				t.Error(err)
			}
		}
		if len(r.turns.askers) != 0 {
			t.Errorf("%d askers are remembered", len(r.turns.askers))
		}
	})
}

// The same on the real engine: while a statement gives its rows, the asker's next one is refused, and then it has its turn.
func TestTurnsOnTheRealEngine(t *testing.T) {
	cfg := DefaultConfig()
	cfg.PerUser, cfg.MaxWait = 1, time.Millisecond
	r := New(loadFacts(t, nil), cfg, time.Now)
	s := newStatement("rows")
	s.text = "SELECT number FROM numbers(2)"
	sue, none := AskedBy(context.Background(), "sue"), func(driver.Rows) error { return nil }
	rows := 0
	err := r.run(sue, s, func(driver.Rows) error {
		rows++
		var own *BusyError
		if err := r.run(sue, s, none); !errors.As(err, &own) || !own.Own {
			t.Errorf("a second statement: %v", err)
		}
		return r.run(AskedBy(context.Background(), "ina"), s, none)
	})
	if err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if err := r.run(sue, s, none); err != nil {
		t.Error(err)
	}
}
