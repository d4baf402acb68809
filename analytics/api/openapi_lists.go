package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"firstline/pipeline/fact"
)

// closedLists are the lists of the wire schema that programs switch on, each a schema of its own in the document, with its words.
func closedLists() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[fact.AgentState](): words(fact.AgentLoggedOut, fact.AgentReady, fact.AgentPaused, fact.AgentRinging, fact.AgentTalking,
			fact.AgentWrapUp, fact.AgentOutside, fact.AgentCalling, fact.AgentUnreachable),
		reflect.TypeFor[fact.SegmentKind](): words(fact.SegmentTalk, fact.SegmentHold, fact.SegmentWrapUp),
		reflect.TypeFor[fact.MonitorMode](): words(fact.MonitorListen, fact.MonitorWhisper, fact.MonitorBarge),
		reflect.TypeFor[fact.TransferTo]():  words(fact.TransferToQueue, fact.TransferToAgent, fact.TransferToMenu, fact.TransferToNumber),
	}
}

func words[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// nameLists makes the fields of closed lists refer to them. huma knows such a field as any text.
func nameLists(schemas huma.Registry) {
	lists := closedLists()
	for name, s := range schemas.Map() {
		t := schemas.TypeFromRef("#/components/schemas/" + name)
		for f := range fields(t) {
			words, listed := lists[f.Type]
			at, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := s.Properties[at]
			if !listed || p == nil || len(p.Enum) > 0 {
				continue
			}
			list := f.Type.Name()
			if schemas.Map()[list] == nil {
				schemas.Map()[list] = &huma.Schema{Type: huma.TypeString, Enum: anyOf(words)}
			}
			s.Properties[at] = &huma.Schema{Ref: "#/components/schemas/" + list, Description: p.Description}
		}
	}
}

func anyOf(list []string) []any {
	out := make([]any, len(list))
	for i, w := range list {
		out[i] = w
	}
	return out
}

// fields are those of a struct and of the structs embedded in it, in the order of its JSON; none of any other type.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	if t == nil || deref(t).Kind() != reflect.Struct {
		return func(func(reflect.StructField) bool) {}
	}
	visible := reflect.VisibleFields(deref(t))
	return slices.Values(slices.DeleteFunc(visible, func(f reflect.StructField) bool {
		return f.Anonymous && f.Tag.Get("json") == ""
	}))
}
