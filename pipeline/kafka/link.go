package kafka

import (
	"fmt"
	"strconv"
	"strings"

	kafkago "github.com/segmentio/kafka-go"
)

// HeaderLink names the header that carries a message's Link.
const HeaderLink = "firstline-link"

// Link ties a message to the one before it of the same log in the same partition, so that a reader sees whether one is
// missing. Positions number a whole log, and its facts go to several partitions: only the publisher knows which
// position came here before this one.
type Link struct {
	Source   string
	Epoch    string
	Position uint64
	Previous uint64 // no fact of this log between Previous and Position belongs to this partition
}

// Header returns the link as a message header: "previous position epoch source".
func (l Link) Header() kafkago.Header {
	return kafkago.Header{Key: HeaderLink, Value: fmt.Appendf(nil, "%d %d %s %s", l.Previous, l.Position, l.Epoch, l.Source)}
}

// ReadLink finds the link among a message's headers; ok is false when there is none or it can't be read.
func ReadLink(headers []kafkago.Header) (l Link, ok bool) {
	for _, h := range headers {
		if h.Key == HeaderLink {
			return parseLink(string(h.Value))
		}
	}
	return Link{}, false
}

func parseLink(s string) (Link, bool) {
	parts := strings.SplitN(s, " ", 4)
	if len(parts) != 4 || parts[2] == "" || parts[3] == "" {
		return Link{}, false
	}
	previous, err := strconv.ParseUint(parts[0], 10, 64)
	if err != nil {
		return Link{}, false
	}
	position, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil || position <= previous {
		return Link{}, false
	}
	return Link{Source: parts[3], Epoch: parts[2], Position: position, Previous: previous}, true
}
