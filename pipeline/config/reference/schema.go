package reference

import (
	"bytes"
	"encoding/json"
)

// durationPattern is what time.ParseDuration takes.
const durationPattern = `^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`

// schema is one JSON Schema, its members in the order in which they are printed.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Default     any                `json:"default,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"` // false, or the schema of a mapping's values
	AnyOf       []*schema          `json:"anyOf,omitempty"`
}

// Schema is the JSON Schema (draft 2020-12). It knows keys and types; `firstline check` knows what they mean together.
func (r *Reference) Schema() ([]byte, error) {
	s := schemaOf(r.file)
	s.Dialect = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "firstline.yaml"
	s.Description = "Generated from the packages' configuration structs: deploy/scripts/generate"
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(s)
	return out.Bytes(), err
}

func schemaOf(k *key) *schema {
	s := &schema{Description: k.says, Enum: k.choices}
	if !isNothing(k.standard) {
		s.Default = k.standard
	}
	switch k.kind {
	case object:
		s.Type, s.Additional, s.Properties = "object", false, map[string]*schema{}
		for _, under := range k.keys {
			s.Properties[under.name] = schemaOf(under)
		}
		if k.short {
			s = &schema{AnyOf: []*schema{{Type: "string"}, s}}
		}
	case mapping:
		s.Type, s.Additional = "object", schemaOf(k.item)
	case list:
		s.Type, s.Items = "array", schemaOf(k.item)
	case duration:
		s.Type, s.Pattern = "string", durationPattern
	case text:
		s.Type = "string"
	case whole:
		s.Type = "integer"
	case number:
		s.Type = "number"
	case boolean:
		s.Type = "boolean"
	}
	return s
}
