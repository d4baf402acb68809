package parts

import "os"

// TB is the part of testing.TB that Need uses, so that production code does not import testing.
type TB interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Need returns what find found. Where it is missing the test is skipped on a developer's machine, and fails where CI or
// FIRSTLINE_REQUIRE is set: there a missing part must not hide.
func Need(t TB, find func() (string, error)) string {
	t.Helper()
	path, err := find()
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" || os.Getenv("FIRSTLINE_REQUIRE") != "" {
		t.Fatalf("%v", err)
	}
	t.Skipf("%v", err)
	return ""
}
