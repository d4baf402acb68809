package staffing

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.9g, want %.9g", what, got, want)
	}
}

func of(t *testing.T, m Model, traffic Traffic, agents int, within time.Duration) Performance {
	t.Helper()
	p, err := Of(m, traffic, agents, within)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The README of the R package ErlangC on CRAN: 100 calls in 30 min, 180 s each, 20 s, 14 agents.
func cran() Traffic {
	return Traffic{Arrivals: 100, Span: 30 * time.Minute, Handle: 180 * time.Second}
}

func TestErlangCOfCRAN(t *testing.T) {
	p := of(t, ModelC, cran(), 14, 20*time.Second)
	near(t, "load", cran().Erlangs(), 10, 1e-12)
	near(t, "waiting", p.Waiting, 0.1741319, 5e-8)
	near(t, "service level", p.ServiceLevel, 0.88835, 5e-6)
	near(t, "speed of answer", p.Answer, 7.83593701177724, 1e-9)
	near(t, "occupancy", p.Occupancy, 0.7142857, 5e-8)
	near(t, "waiting with 11", ErlangC(11, 10), 0.6821182, 5e-8)
	near(t, "service level with 11", of(t, ModelC, cran(), 11, 20*time.Second).ServiceLevel, 0.3896138, 5e-8)
}

// The second example there: 80 % within 20 s, occupancy at most 0.85, shrinkage 0.3 give 14 agents; 20 on the roster.
func TestRequiredOfCRAN(t *testing.T) {
	n, p, err := Required(ModelC, cran(), Target{ServiceLevel: 0.8, Within: 20 * time.Second, Occupancy: 0.85})
	if err != nil || n != 14 {
		t.Fatalf("%d agents, want 14 (%v)", n, err)
	}
	near(t, "service level", p.ServiceLevel, 0.88835, 5e-6)
	if roster, err := Rostered(n, 0.3); err != nil || roster != 20 {
		t.Errorf("%d on the roster, want 20 (%v)", roster, err)
	}
}

// O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center with Impatient Customers", MSOM 4 (2002), the table that
// compares models with and without abandonment: 50 agents, 48 calls a minute, 1 minute of service, 2 minutes of patience.
// Without: mean wait 20.8 s, its 90th percentile 58.1 s, 17 in the queue, utilisation 96 %. With: 3.1 % abandon, mean wait
// 3.7 s, 3 in the queue, utilisation 93 %.
func TestErlangAOfGarnett(t *testing.T) {
	traffic := Traffic{Arrivals: 48, Span: time.Minute, Handle: time.Minute, Patience: 2 * time.Minute}
	c := of(t, ModelC, traffic, 50, 58100*time.Millisecond)
	near(t, "C: mean wait", c.Wait, 20.8, 0.05)
	near(t, "C: 90th percentile", c.ServiceLevel, 0.9, 0.0005)
	near(t, "C: in the queue", c.Wait*48/60, 17, 0.5)
	near(t, "C: utilisation", c.Occupancy, 0.96, 0.005)
	a := of(t, ModelA, traffic, 50, 20*time.Second)
	near(t, "A: abandoned", a.Abandoned, 0.031, 0.0005)
	near(t, "A: mean wait", a.Wait, 3.7, 0.05)
	near(t, "A: in the queue", a.Wait*48/60, 3, 0.5)
	near(t, "A: utilisation", a.Occupancy, 0.93, 0.005)
}

// Values of Erlang B's published tables.
func TestErlangBOfTables(t *testing.T) {
	for _, v := range []struct {
		servers       int
		erlangs, lost float64
	}{{1, 0.0101, 0.01}, {10, 4.461, 0.01}, {20, 12.03, 0.01}, {50, 37.90, 0.01}, {100, 84.06, 0.01}, {30, 25, 0.0526}} {
		near(t, "lost", ErlangB(v.servers, v.erlangs), v.lost, 5e-5)
	}
}

func TestNoSteadyState(t *testing.T) {
	for _, agents := range []int{1, 9, 10} {
		p := of(t, ModelC, cran(), agents, time.Minute)
		if p.Steady || p.ServiceLevel != 0 || p.Waiting != 1 || !math.IsInf(p.Answer, 1) || p.Occupancy != 1 {
			t.Errorf("%d agents for 10 Erlangs: %+v", agents, p)
		}
	}
	patient := cran()
	patient.Patience = time.Minute
	if p := of(t, ModelA, patient, 5, time.Minute); !p.Steady || p.Abandoned < 0.49 || p.Abandoned > 0.6 {
		t.Errorf("5 agents for 10 Erlangs of impatient callers: %+v", p)
	}
}

func TestNobodyComes(t *testing.T) {
	quiet := Traffic{Span: time.Hour, Handle: time.Minute, Patience: time.Minute}
	for _, m := range []Model{ModelC, ModelA} {
		if n, p, err := Required(m, quiet, Target{Occupancy: 0.8}); n != 0 || err != nil || p.ServiceLevel != 1 || p.Occupancy != 0 {
			t.Errorf("%s: %d agents, %+v, %v", m, n, p, err)
		}
	}
}

func TestRefused(t *testing.T) {
	good, target := cran(), Target{Occupancy: 0.8}
	for name, ask := range map[string]func(*Traffic, *Target){
		"arrivals below 0":       func(t *Traffic, _ *Target) { t.Arrivals = -1 },
		"arrivals not a number":  func(t *Traffic, _ *Target) { t.Arrivals = math.NaN() },
		"no span":                func(t *Traffic, _ *Target) { t.Span = 0 },
		"no handle time":         func(t *Traffic, _ *Target) { t.Handle = 0 },
		"patience below 0":       func(t *Traffic, _ *Target) { t.Patience = -1 },
		"too much":               func(t *Traffic, _ *Target) { t.Arrivals = 1e9 },
		"no target":              func(_ *Traffic, g *Target) { *g = Target{} },
		"service level of all":   func(_ *Traffic, g *Target) { g.ServiceLevel = 1 },
		"service level as text":  func(_ *Traffic, g *Target) { g.ServiceLevel = 80 },
		"occupancy above 1":      func(_ *Traffic, g *Target) { g.Occupancy = 1.1 },
		"occupancy not a number": func(_ *Traffic, g *Target) { g.Occupancy = math.NaN() },
		"time below 0":           func(_ *Traffic, g *Target) { g.Within = -1 },
	} {
		traffic, g := good, target
		ask(&traffic, &g)
		if n, _, err := Required(ModelC, traffic, g); err == nil {
			t.Errorf("%s: %d agents", name, n)
		}
	}
	if _, err := Of(ModelC, good, 0, 0); err == nil {
		t.Error("no agents: no error")
	}
	for _, s := range []float64{-0.1, 1, math.NaN()} {
		if n, err := Rostered(10, s); err == nil {
			t.Errorf("shrinkage %v: %d", s, n)
		}
	}
}

func drawTraffic(t *rapid.T) Traffic {
	return Traffic{
		Arrivals: rapid.Float64Range(0.01, 2000).Draw(t, "arrivals"), Span: 15 * time.Minute,
		Handle:   time.Duration(rapid.IntRange(1, 900).Draw(t, "handle")) * time.Second,
		Patience: time.Duration(rapid.IntRange(1, 1200).Draw(t, "patience")) * time.Second,
	}
}

// One more agent never makes it worse, and every share is one.
func TestMoreAgentsAreNeverWorse(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		traffic, m := drawTraffic(r), rapid.SampledFrom([]Model{ModelC, ModelA}).Draw(r, "model")
		n := max(1, int(traffic.Erlangs()*rapid.Float64Range(0.5, 1.5).Draw(r, "of the load")))
		within := time.Duration(rapid.IntRange(0, 120).Draw(r, "within")) * time.Second
		fewer, more := of(t, m, traffic, n, within), of(t, m, traffic, n+1, within)
		const e = 1e-9
		for _, p := range []Performance{fewer, more} {
			for _, share := range []float64{p.Waiting, p.ServiceLevel, p.Occupancy, p.Abandoned} {
				if !(share >= 0 && share <= 1+e) {
					r.Fatalf("%+v", p)
				}
			}
			if p.Answer < 0 || p.Wait < 0 || p.ServiceLevel < 1-p.Waiting-e {
				r.Fatalf("%+v", p)
			}
		}
		if more.Waiting > fewer.Waiting+e || more.ServiceLevel < fewer.ServiceLevel-e || more.Wait > fewer.Wait+e ||
			more.Occupancy > fewer.Occupancy+e || more.Abandoned > fewer.Abandoned+e {
			r.Fatalf("%d agents %+v\n%d agents %+v", n, fewer, n+1, more)
		}
	})
}

// Required agents reach the target, one fewer do not.
func TestRequiredIsTheLeast(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		traffic, m := drawTraffic(r), rapid.SampledFrom([]Model{ModelC, ModelA}).Draw(r, "model")
		g := Target{
			ServiceLevel: rapid.SampledFrom([]float64{0, 0.5, 0.8, 0.95}).Draw(r, "level"), Within: 20 * time.Second,
			Occupancy: rapid.SampledFrom([]float64{0, 0.7, 0.85, 1}).Draw(r, "occupancy"), MeanWait: rapid.SampledFrom([]time.Duration{0, 10 * time.Second, time.Minute}).Draw(r, "wait"),
		}
		if g == (Target{Within: 20 * time.Second}) {
			g.Occupancy = 0.9
		}
		n, p, err := Required(m, traffic, g)
		if err != nil || !g.met(p) {
			r.Fatalf("%d agents: %+v %v", n, p, err)
		}
		if n > 1 && g.met(of(t, m, traffic, n-1, g.Within)) {
			r.Fatalf("%d agents would do, got %d", n-1, n)
		}
	})
}

// With patience without end Erlang A is Erlang C.
func TestPatienceWithoutEndIsErlangC(t *testing.T) {
	for _, n := range []int{11, 14, 30} {
		patient := cran()
		patient.Patience = 1_000_000 * time.Hour
		a, c := of(t, ModelA, patient, n, 20*time.Second), of(t, ModelC, patient, n, 20*time.Second)
		near(t, "waiting", a.Waiting, c.Waiting, 1e-6)
		near(t, "service level", a.ServiceLevel, c.ServiceLevel, 1e-6)
		near(t, "speed of answer", a.Answer, c.Answer, 1e-3)
		near(t, "abandoned", a.Abandoned, 0, 1e-6)
	}
}

// Thousands of agents: shares stay shares, and a larger group of the same load per agent does better.
func TestLargeLoads(t *testing.T) {
	last := 0.0
	for _, scale := range []float64{1, 10, 100, 1000} {
		traffic := Traffic{Arrivals: 95 * scale, Span: 5 * time.Minute, Handle: 5 * time.Minute, Patience: 3 * time.Minute}
		n := int(100 * scale)
		for _, m := range []Model{ModelC, ModelA} {
			p := of(t, m, traffic, n, 20*time.Second)
			if !(p.Waiting >= 0 && p.ServiceLevel > 0.5 && p.ServiceLevel <= 1 && p.Answer < 60) {
				t.Errorf("%s, %d agents: %+v", m, n, p)
			}
			if m == ModelC {
				if p.ServiceLevel < last {
					t.Errorf("%d agents do worse than fewer: %v, %v", n, p.ServiceLevel, last)
				}
				last = p.ServiceLevel
			}
		}
		overload := of(t, ModelA, traffic, n/2, 20*time.Second)
		near(t, "abandoned at half the agents", overload.Abandoned, 1-50.0/95, 0.02)
	}
}
