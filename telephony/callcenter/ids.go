package callcenter

import (
	"strconv"
	"strings"
)

// ours is the prefix of every channel, bridge and playback that Firstline makes: "fl.<kind>.<contact>.<n>".
const ours = "fl."

// counts number everything that belongs to a contact; each id is made of them, so a repeat gives the same id.
type counts struct {
	Command   uint64 `json:"x,omitempty"`
	Entry     uint64 `json:"e,omitempty"`
	Offer     uint64 `json:"o,omitempty"`
	Segment   uint64 `json:"s,omitempty"`
	Lookup    uint64 `json:"l,omitempty"`
	Pop       uint64 `json:"p,omitempty"`
	Leg       uint64 `json:"leg,omitempty"`
	Bridge    uint64 `json:"br,omitempty"`
	Playback  uint64 `json:"pb,omitempty"`
	Transfer  uint64 `json:"t,omitempty"`
	Monitor   uint64 `json:"m,omitempty"`
	Snoop     uint64 `json:"sn,omitempty"`
	Recording uint64 `json:"r,omitempty"`
	Callback  uint64 `json:"cb,omitempty"`
}

// part makes the id of a part of a contact, "<contact>/<kind><n>", counting n up.
func part(contact, kind string, n *uint64) string {
	*n++
	return contact + "/" + kind + strconv.FormatUint(*n, 10)
}

// resource makes the id of something of ours in Asterisk, "fl.<kind>.<contact>.<n>", counting n up.
func resource(contact, kind string, n *uint64) string {
	*n++
	return ours + kind + "." + contact + "." + strconv.FormatUint(*n, 10)
}

// ownerOfPart is the contact of an id that part made; "" when it can't be one.
func ownerOfPart(id string) string {
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		return id[:i]
	}
	return ""
}

// ownerOfResource is the contact of an id that resource made; "" when it can't be one.
func ownerOfResource(id string) string {
	rest, ok := strings.CutPrefix(id, ours)
	if !ok {
		return ""
	}
	_, rest, _ = strings.Cut(rest, ".")
	if i := strings.LastIndexByte(rest, '.'); i >= 0 {
		return rest[:i]
	}
	return ""
}

func isOurs(id string) bool { return strings.HasPrefix(id, ours) }
