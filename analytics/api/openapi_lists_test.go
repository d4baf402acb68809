package api

import (
	"os"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The closed lists of the document have the words of the wire schema's, which is made from its constants.
func TestClosedLists(t *testing.T) {
	text, err := os.ReadFile("../../docs/events/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var events struct {
		Components struct {
			Schemas map[string]struct {
				Enum []string `yaml:"enum"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	for list, words := range closedLists() {
		if want := events.Components.Schemas[list.Name()].Enum; len(want) == 0 || !slices.Equal(words, want) {
			t.Errorf("%s is %v, of the events %v", list.Name(), words, want)
		}
	}
}
