package kafka_test

import (
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"firstline/pipeline/kafka"
)

func FuzzReadLink(f *testing.F) {
	f.Add("0 1 epoch controller")
	f.Add("7 9 epoch api/some name")
	f.Add("9 7 e s")
	f.Add(" ")
	f.Fuzz(func(t *testing.T, s string) {
		l, ok := kafka.ReadLink([]kafkago.Header{{Key: "other"}, {Key: kafka.HeaderLink, Value: []byte(s)}})
		if !ok {
			return
		}
		if l.Position <= l.Previous || l.Source == "" || l.Epoch == "" {
			t.Fatalf("%q gives %+v", s, l)
		}
		if again, ok := kafka.ReadLink([]kafkago.Header{l.Header()}); !ok || again != l {
			t.Fatalf("%+v came back as %+v", l, again)
		}
	})
}
