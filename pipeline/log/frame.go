package log

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"firstline/pipeline/log/disk"
)

// A file is a row of frames: magic, length of the payload, CRC32C of length and payload, payload; integers little-endian.
const (
	magic      = "FLr1"
	headerSize = 12
	maxPayload = 32 << 20
)

var errBadFrame = errors.New("bad frame")

// appendFrame appends the frame of a payload to dst.
func appendFrame(dst, payload []byte) []byte {
	dst = append(dst, magic...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, checksum(uint32(len(payload)), payload))
	return append(dst, payload...)
}

func checksum(length uint32, payload []byte) uint32 {
	var l [4]byte
	binary.LittleEndian.PutUint32(l[:], length)
	table := crc32.MakeTable(crc32.Castagnoli) // the same table each time: the library keeps it
	return crc32.Update(crc32.Checksum(l[:], table), table, payload)
}

// frames reads one frame after the other from a part of a file.
type frames struct {
	file disk.File
	off  int64 // of the next frame
	end  int64
	buf  []byte // read ahead; begins at off
}

const readAhead = 256 << 10

// next returns the payload of the next frame, valid until the following call. io.EOF is a clean end; errBadFrame means
// that what stands at off is no whole frame.
func (f *frames) next() ([]byte, error) {
	if f.off >= f.end {
		return nil, io.EOF
	}
	if err := f.ahead(headerSize); err != nil {
		return nil, err
	}
	if string(f.buf[:4]) != magic {
		return nil, errBadFrame
	}
	length := binary.LittleEndian.Uint32(f.buf[4:])
	sum := binary.LittleEndian.Uint32(f.buf[8:])
	if length > maxPayload {
		return nil, errBadFrame
	}
	size := headerSize + int(length)
	if err := f.ahead(size); err != nil {
		return nil, err
	}
	payload := f.buf[headerSize:size:size]
	if checksum(length, payload) != sum {
		return nil, errBadFrame
	}
	f.buf = f.buf[size:]
	f.off += int64(size)
	return payload, nil
}

// ahead fills buf with at least n bytes.
func (f *frames) ahead(n int) error {
	if len(f.buf) >= n {
		return nil
	}
	if f.off+int64(n) > f.end {
		return errBadFrame
	}
	want := min(int64(max(n, readAhead)), f.end-f.off)
	buf := make([]byte, want)
	got, err := f.file.ReadAt(buf, f.off)
	if got < n {
		if err == nil || errors.Is(err, io.EOF) {
			return errBadFrame
		}
		return fmt.Errorf("read frame at %d: %w", f.off, err)
	}
	f.buf = buf[:got]
	return nil
}

// resync moves to the next place behind off at which a whole frame stands, and says whether there is one.
func (f *frames) resync() bool {
	rest := make([]byte, f.end-f.off)
	n, _ := f.file.ReadAt(rest, f.off)
	for at := 1; at < n; at++ {
		found := bytes.Index(rest[at:n], []byte(magic))
		if found < 0 {
			return false
		}
		at += found
		try := frames{file: f.file, off: f.off + int64(at), end: f.end}
		if _, err := try.next(); err == nil {
			f.off, f.buf = f.off+int64(at), nil
			return true
		}
	}
	return false
}
