package importer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"firstline/pipeline/fact"
	"firstline/pipeline/history"
)

// index is what was taken in of each contact: how many facts, and what they say. It is a file of entries that only grows; the
// last one of a contact counts. It holds no personal data and no ids: only sums of them.
type index struct {
	file  *os.File
	marks map[uint64]mark
}

// mark is one contact's entry.
type mark struct {
	Contact uint64 `json:"c"` // sum of its id
	Facts   uint32 `json:"n"` // taken in
	Sum     uint64 `json:"s"` // of them
}

const markBytes = 8 + 4 + 8

// openIndex reads the index. Half an entry at its end was being written when the process was killed: it is cut off.
func openIndex(path string) (*index, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own data folder
	if err != nil {
		return nil, fmt.Errorf("open the record of what was imported: %w", err)
	}
	text, err := io.ReadAll(f)
	if err == nil {
		err = f.Truncate(int64(len(text) / markBytes * markBytes))
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekEnd)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the record of what was imported: %w", err), f.Close())
	}
	return &index{file: f, marks: marks(text)}, nil
}

// marks are the last ones of each contact.
func marks(text []byte) map[uint64]mark {
	out := make(map[uint64]mark, len(text)/markBytes)
	for ; len(text) >= markBytes; text = text[markBytes:] {
		m := mark{binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint32(text[8:]), binary.LittleEndian.Uint64(text[12:])}
		out[m.Contact] = m
	}
	return out
}

// taken tells by whom a contact was taken in, or another one that has its channel; false: by nobody.
func (x *index) taken(contact string) (history.Taken, bool) {
	_, there := x.marks[sumOf(contact)]
	for _, by := range []history.Source{history.ByCDR, history.ByCEL} {
		if _, told := x.marks[sumOf(toldBy(by, contact))]; told {
			return history.Taken{By: by, Part: !there}, true
		}
	}
	return history.Taken{By: history.ByQueueLog}, there
}

// add makes marks durable. A contact's facts only grow: of a mark that a later one has overtaken nothing is written, or it would
// count as the last one when a killed import's log gives it again.
func (x *index) add(marks []mark) error {
	var b []byte
	var more []mark
	for _, m := range marks {
		if m.Facts <= x.marks[m.Contact].Facts {
			continue
		}
		more = append(more, m)
		b = binary.LittleEndian.AppendUint64(b, m.Contact)
		b = binary.LittleEndian.AppendUint32(b, m.Facts)
		b = binary.LittleEndian.AppendUint64(b, m.Sum)
	}
	if len(b) == 0 {
		return nil
	}
	_, err := x.file.Write(b)
	if err = errors.Join(err, x.file.Sync()); err != nil {
		return fmt.Errorf("write the record of what was imported: %w", err)
	}
	for _, m := range more {
		x.marks[m.Contact] = m
	}
	return nil
}

func (x *index) close() error { return x.file.Close() }

// sumOf tells ids apart.
func sumOf(id string) uint64 {
	s := sha256.Sum256([]byte(id))
	return binary.LittleEndian.Uint64(s[:])
}

// after is the sum of facts with one more.
func after(sum uint64, f fact.Fact) (uint64, error) {
	body, err := json.Marshal(f.Data)
	if err != nil {
		return 0, fmt.Errorf("encode fact %s: %w", f.ID(), err)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d|%s|%d|", sum, f.Type, f.Time.UnixMilli()) // a hash takes everything
	_, _ = h.Write(body)
	return h.Sum64(), nil
}
