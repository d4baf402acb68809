package replay

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The example of Kaplan and Meier's method by hand: of five callers one gives up after 10 s, one is answered after 20 s, one
// gives up after 30 s, two are answered later. Patient after 10 s are 4/5; after 30 s 4/5 × 2/3.
func TestPatience(t *testing.T) {
	callers := []caller{
		{wait: 30 * time.Second, gaveUp: true}, {wait: 10 * time.Second, gaveUp: true}, {wait: 20 * time.Second, answered: true},
		{wait: 40 * time.Second, answered: true}, {wait: 50 * time.Second, answered: true},
	}
	s := estimate(callers)
	if len(s.left) != 2 || math.Abs(s.left[0]-0.8) > 1e-9 || math.Abs(s.left[1]-0.8*2/3) > 1e-9 {
		t.Fatalf("%+v", s)
	}
	luck := rand.New(rand.NewPCG(1, 1))
	if d, ends := s.of(&caller{wait: 7 * time.Second, gaveUp: true}, luck); !ends || d != 7*time.Second {
		t.Errorf("who gave up waits %s, %t", d, ends)
	}
	ended := 0
	for range 3000 { // answered after 20 s: a third would have given up at 30 s, the others not as far as is known
		if d, ends := s.of(&caller{wait: 20 * time.Second, answered: true}, luck); ends {
			ended++
			if d != 30*time.Second {
				t.Fatalf("gives up after %s", d)
			}
		}
	}
	if ended < 900 || ended > 1100 {
		t.Errorf("%d of 3000 give up", ended)
	}
}
