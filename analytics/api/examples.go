package api

import (
	"embed"
	"encoding/json"
)

// examples are answers of the API for its document: one file for each operation that has one, as TestExamples got it.
//
//go:embed examples/*.json
var examples embed.FS

// showExamples puts them into the document.
func (a *API) showExamples() {
	for _, item := range a.huma.OpenAPI().Paths {
		if item.Get == nil {
			continue
		}
		if raw, err := examples.ReadFile("examples/" + item.Get.OperationID + ".json"); err == nil {
			item.Get.Responses["200"].Content[string(formJSON)].Example = json.RawMessage(raw)
		}
	}
}
