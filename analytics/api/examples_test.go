package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exampled says whether an answer is shown as an example: of those that read figures and lists, which are the same each time.
func exampled(u use) bool {
	begins := []string{"/queues", "/agents", "/wallboard", "/metrics/", "/data-quality", "/tickets", "/contacts", "/abandoned", "/voicemails", "/callbacks"}
	return u.method == http.MethodGet && !strings.HasSuffix(u.path, "/audio") && !strings.HasSuffix(u.path, "/targets") &&
		slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(u.path, b) })
}

// The document's examples are what the API answers, each one, and none is of an operation that there is not.
func TestExamples(t *testing.T) {
	w := newWorld(t, options{})
	sue := w.signIn("sue")
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	w.get(Prefix+"/openapi.json", "").into(t, &doc)
	known := []string{}
	for _, u := range w.accesses() {
		if !exampled(u) {
			continue
		}
		id := doc.Paths[w.template(u.path)]["get"].OperationID
		answer := w.get(Prefix+u.path, sue)
		if id == "" || answer.status != http.StatusOK {
			t.Fatalf("%s: operation %q, %d %s", u.path, id, answer.status, answer.body)
		}
		known = append(known, id+".json")
		w.wantExample(filepath.Join("examples", id+".json"), answer.body)
	}
	files, err := filepath.Glob("examples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(known, filepath.Base(f)) {
			t.Errorf("%s is an example of nothing", f)
		}
	}
}

func (w *world) wantExample(path string, answer []byte) {
	w.t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, answer, "", "  "); err != nil {
		w.t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		w.t.Errorf("the API does not answer what %s shows; run deploy/scripts/generate and read the difference", path)
	}
}
