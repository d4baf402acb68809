package fact_test

import (
	"bytes"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"

	"firstline/pipeline/fact"
)

const documentPath = "../../docs/events/asyncapi.yaml"

// The public document of the stream is made from the Go types, their comments and closed lists, and the golden files.
func TestAsyncAPI(t *testing.T) {
	var now bytes.Buffer
	now.WriteString("# Generated from pipeline/fact: go test ./pipeline/fact -run AsyncAPI -rewrite\n")
	enc := yaml.NewEncoder(&now)
	enc.SetIndent(2)
	if err := enc.Encode(document(t)); err != nil {
		t.Fatal(err)
	}
	want := golden(t, documentPath, now.Bytes())
	if !bytes.Equal(now.Bytes(), want) {
		t.Errorf("%s is stale: run go test ./pipeline/fact -run AsyncAPI -rewrite", documentPath)
	}
	var root any
	if err := yaml.Unmarshal(now.Bytes(), &root); err != nil {
		t.Fatal(err)
	}
	for _, ref := range references(root) {
		if !resolves(root, ref) {
			t.Errorf("%s doesn't exist in the document", ref)
		}
	}
}

func document(t *testing.T) object {
	s := newSchemas(t)
	messages := s.messages(t)
	return object{
		{"asyncapi", "3.0.0"},
		{"info", object{
			{"title", "Firstline events"},
			{"version", "1.0.0"},
			{"description", "Everything Firstline records about contacts, agents and tickets: one CloudEvents 1.0 object in structured " +
				"JSON form per Kafka message. The message key is the subject. Times are UTC, durations whole milliseconds. " +
				"Readers ignore fields they don't know. A breaking change gets new topics and types. Delivery is at least once: " +
				"within a partition positions of one source and epoch rise, so a position not above the last one is a repeat."},
			{"license", object{{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}},
		}},
		{"defaultContentType", "application/cloudevents+json"},
		{"channels", channels()},
		{"operations", operations()},
		{"components", object{{"messages", messages}, {"schemas", s.all(t)}}},
	}
}

type topic struct{ name, address, about string }

func topics() []topic {
	return []topic{
		{"contacts", fact.TopicContacts, "What happened to contacts: calls, menus, queues, offers, talk. Also gaps of the log."},
		{"agents", fact.TopicAgents, "What agents did and in which state they were."},
		{"tickets", fact.TopicTickets, "What the ticket system reported. Senders repeat deliveries: take each id once."},
	}
}

func channels() object {
	var out object
	for _, top := range topics() {
		var messages object
		for _, typ := range fact.Types() {
			if typ.Topic() == top.address {
				messages = append(messages, pair{string(typ), ref("messages", string(typ))})
			}
		}
		out = append(out, pair{top.name, object{{"address", top.address}, {"description", top.about}, {"messages", messages}}})
	}
	dead := object{
		{"address", fact.TopicDeadLetter},
		{"description", "Messages of the other topics that could not be loaded, as they came; headers say from where and why."},
		{"messages", object{{"undecodable", ref("messages", "undecodable")}}},
	}
	return append(out, pair{"deadLetters", dead})
}

func operations() object {
	var out object
	for _, top := range topics() {
		out = append(out, pair{"publish_" + top.name, object{
			{"action", "send"},
			{"channel", object{{"$ref", "#/channels/" + top.name}}},
		}})
	}
	return append(out, pair{"publish_deadLetters", object{
		{"action", "send"},
		{"channel", object{{"$ref", "#/channels/deadLetters"}}},
	}})
}

func (s *schemas) messages(t *testing.T) object {
	var out object
	for _, typ := range fact.Types() {
		body := reflect.TypeOf(fact.Zero(typ))
		out = append(out, pair{string(typ), object{
			{"name", typ.Wire()},
			{"summary", s.comments[body.Name()]},
			{"payload", object{{"allOf", []any{
				ref("schemas", "Envelope"),
				object{{"type", "object"}, {"properties", object{
					{"type", object{{"const", typ.Wire()}}},
					{"data", s.of(body)},
				}}},
			}}}},
			{"bindings", object{{"kafka", object{{"key", object{{"type", "string"}, {"description", "The subject."}}}}}}},
			{"examples", []any{object{{"payload", example(t, typ)}}}},
		}})
	}
	return append(out, pair{"undecodable", object{
		{"name", "undecodable"},
		{"contentType", "application/octet-stream"},
		{"payload", object{{"description", "The bytes as they came."}}},
	}})
}

// example is the same fact as in the golden file of the type.
func example(t *testing.T, typ fact.Type) *yaml.Node {
	b, err := fact.Encode(sample(t, typ))
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	blockStyle(&doc)
	return doc.Content[0]
}

func blockStyle(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		n.Style = 0
	}
	for i, c := range n.Content {
		blockStyle(c)
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			c.Style = 0
		}
	}
}
