package history

import "testing"

// Numbers that can't be are none: a ring of a thousand years would begin before there were telephones.
func TestNumber(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, " 12 ": 12, "31622400000": most} {
		if n, ok := (Line{Data: []string{text}}).number(0); !ok || n != want {
			t.Errorf("%q: %d, %t", text, n, ok)
		}
	}
	for _, text := range []string{"", "-5", "31622400001", "99999999999999999999", "1.5", "x"} {
		if n, ok := (Line{Data: []string{text}}).number(0); ok || n != 0 {
			t.Errorf("%q: %d, %t", text, n, ok)
		}
	}
	if n, ok := (Line{}).number(0); ok || n != 0 {
		t.Errorf("no field: %d, %t", n, ok)
	}
}
