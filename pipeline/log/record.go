package log

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Kinds of payloads.
const (
	kindHeader   = 'H' // first of a segment
	kindRecord   = 'R'
	kindSnapshot = 'S' // the only one of a snapshot file
)

// record is a Record as it stands in a segment.
type record struct {
	index   uint64 // of the record, from 1
	first   uint64 // position of its first fact; of the next fact to come when it has none
	at      int64  // when it was appended, Unix milliseconds
	synced  uint64 // highest index known durable when this was written: tells a torn tail from rotten data
	facts   [][]byte
	private []byte
}

const (
	syncedAt   = 1 + 3*8 // where synced stands in the payload
	recordHead = 1 + 4*8 + 4
)

var errBadRecord = errors.New("bad record")

// payload encodes the record.
func (r record) payload() []byte {
	size := recordHead + len(r.private)
	for _, f := range r.facts {
		size += 4 + len(f)
	}
	b := make([]byte, 0, size)
	b = append(b, kindRecord)
	b = binary.LittleEndian.AppendUint64(b, r.index)
	b = binary.LittleEndian.AppendUint64(b, r.first)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.at))
	b = binary.LittleEndian.AppendUint64(b, r.synced)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.facts)))
	for _, f := range r.facts {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return append(b, r.private...)
}

// setSynced changes the field in an encoded record.
func setSynced(payload []byte, synced uint64) {
	binary.LittleEndian.PutUint64(payload[syncedAt:], synced)
}

// parseRecord decodes a payload; facts and private are parts of b.
func parseRecord(b []byte) (record, error) {
	if len(b) < recordHead || b[0] != kindRecord {
		return record{}, errBadRecord
	}
	r := record{
		index:  binary.LittleEndian.Uint64(b[1:]),
		first:  binary.LittleEndian.Uint64(b[9:]),
		at:     int64(binary.LittleEndian.Uint64(b[17:])),
		synced: binary.LittleEndian.Uint64(b[syncedAt:]),
	}
	count := binary.LittleEndian.Uint32(b[33:])
	b = b[recordHead:]
	for range count {
		if len(b) < 4 {
			return record{}, errBadRecord
		}
		size := binary.LittleEndian.Uint32(b)
		b = b[4:]
		if uint64(size) > uint64(len(b)) {
			return record{}, errBadRecord
		}
		r.facts = append(r.facts, b[:size:size])
		b = b[size:]
	}
	r.private = b
	return r, nil
}

// last is the position of the last fact at or before the end of the record.
func (r record) last() uint64 { return r.first + uint64(len(r.facts)) - 1 }

// header begins a segment. Records of older segments with indexes from Index on are void: they were written there but
// not synced, and stand here again.
type header struct {
	Version  int       `json:"version"`
	Source   string    `json:"source"`
	Epoch    string    `json:"epoch"`
	Index    uint64    `json:"index"`    // lowest index a record here can have
	Position uint64    `json:"position"` // lowest position a fact here can have
	Created  time.Time `json:"created"`
}

// snapshotHead begins a snapshot file's payload, before the state.
type snapshotHead struct {
	Version  int       `json:"version"`
	Source   string    `json:"source"`
	Epoch    string    `json:"epoch"`
	Index    uint64    `json:"index"`    // of the last record folded into the state
	Position uint64    `json:"position"` // of the last fact at or before that record
	Created  time.Time `json:"created"`
}

const formatVersion = 1

// withHead is kind, length of the JSON head, head, rest.
func withHead(kind byte, head any, rest []byte) ([]byte, error) {
	j, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 5+len(j)+len(rest))
	b = append(b, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(j)))
	b = append(b, j...)
	return append(b, rest...), nil
}

// parseHead undoes withHead and returns the rest.
func parseHead(kind byte, b []byte, head any) ([]byte, error) {
	if len(b) < 5 || b[0] != kind {
		return nil, errBadRecord
	}
	size := binary.LittleEndian.Uint32(b[1:])
	if uint64(size) > uint64(len(b)-5) {
		return nil, errBadRecord
	}
	if err := json.Unmarshal(b[5:5+size], head); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadRecord, err)
	}
	return b[5+size:], nil
}
