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

	"github.com/danielgtaylor/huma/v2"
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
		w.wantSchema(id, answer.body)
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

// wantSchema holds an answer against the document's schema of it.
func (w *world) wantSchema(id string, body []byte) {
	w.t.Helper()
	doc := w.api.huma.OpenAPI()
	for _, item := range doc.Paths {
		if item.Get == nil || item.Get.OperationID != id {
			continue
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			w.t.Fatal(err)
		}
		var found huma.ValidateResult
		huma.Validate(doc.Components.Schemas, item.Get.Responses["200"].Content[string(formJSON)].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &found)
		for _, err := range found.Errors {
			w.t.Errorf("%s: %v", id, err)
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
