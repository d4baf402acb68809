package recordings

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// TestHeader: byte for byte what a WAV of two channels begins with.
func TestHeader(t *testing.T) {
	want := "RIFF\x34\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x40\x1f\x00\x00\x00\x7d\x00\x00\x04\x00\x10\x00data\x10\x00\x00\x00"
	if got := header(4, 2); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if size := binary.LittleEndian.Uint32(header(mostFrames, 2)[4:]); size < math.MaxUint32-20 {
		t.Errorf("the longest has size %d", size)
	}
}

// spoiled is a WAV with some of its bytes replaced.
func spoiled(at int, bytes ...byte) []byte {
	b := mono(1, 2, 3)
	copy(b[at:], bytes)
	return b
}

func TestReadWave(t *testing.T) {
	odd := slices.Concat([]byte("RIFF\x00\x00\x00\x00WAVEjunk\x03\x00\x00\x00abc\x00"), mono(1, 2, 3)[12:])
	long := slices.Concat(mono()[:16], []byte("\x12\x00\x00\x00"), mono()[20:36], []byte("\x00\x00"), mono(1, 2, 3)[36:])
	for name, c := range map[string]struct {
		file []byte
		want []int16
	}{
		"plain":                 {mono(1, 2, 3), []int16{1, 2, 3}},
		"empty":                 {mono(), nil},
		"size not written":      {spoiled(40, 0, 0, 0, 0), []int16{1, 2, 3}},
		"size too large":        {spoiled(40, 0xff, 0xff, 0xff, 0xff), []int16{1, 2, 3}},
		"RIFF size not written": {spoiled(4, 0, 0, 0, 0), []int16{1, 2, 3}},
		"half a sample":         {mono(1, 2, 3)[:49], []int16{1, 2}},
		"odd size":              {spoiled(40, 5, 0, 0, 0), []int16{1, 2}},
		"more behind":           {append(mono(1, 2, 3), "LIST\x00\x00\x00\x00"...), []int16{1, 2, 3}},
		"odd chunk before":      {odd, []int16{1, 2, 3}},
		"long format":           {long, []int16{1, 2, 3}},
	} {
		w, err := readWave(iotest.OneByteReader(bytes.NewReader(c.file)), int64(len(c.file)), 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := io.ReadAll(w.samples)
		if !bytes.Equal(got, pcm(c.want)) || w.frames != int64(len(c.want)) || err != nil {
			t.Errorf("%s: %d samples %v, %v", name, w.frames, got, err)
		}
	}
}

func TestBrokenWave(t *testing.T) {
	for want, file := range map[string][]byte{
		"it is no WAV file":                   []byte("RIFF\x00\x00\x00\x00AVI LIST"),
		"its data come before their format":   []byte("RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00"),
		"it has no data":                      mono()[:40],
		"its format is cut off":               mono()[:30],
		"it has 16 bits of format 7":          spoiled(20, 7),
		"it has 8 bits of format 1":           spoiled(34, 8),
		"its channels are 2, not 1":           spoiled(22, 2),
		"it has 16000 samples a second, not ": spoiled(24, 0x80, 0x3e),
	} {
		if _, err := readWave(bytes.NewReader(file), int64(len(file)), 1); !isBroken(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for n := range 44 {
		if _, err := readWave(bytes.NewReader(mono(1)), int64(n), 1); !isBroken(err) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := readWave(iotest.ErrReader(io.ErrClosedPipe), 100, 1); !errors.Is(err, io.ErrClosedPipe) || isBroken(err) {
		t.Errorf("a disk's error: %v", err)
	}
}

func FuzzReadWave(f *testing.F) {
	for _, file := range [][]byte{mono(1, 2, 3), mono(), mono(1)[:20], spoiled(40, 0, 0, 0, 0), spoiled(16, 0xff, 0xff, 0xff, 0xff), header(3, 2)} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for channels := 1; channels <= 2; channels++ {
			w, err := readWave(bytes.NewReader(file), int64(len(file)), channels)
			if err != nil {
				if !isBroken(err) {
					t.Errorf("%v", err)
				}
				continue
			}
			n, err := io.Copy(io.Discard, w.samples)
			if n != w.frames*int64(channels*sampleBytes) || n > int64(len(file))-headerBytes || err != nil {
				t.Errorf("%d bytes for %d frames of a file of %d, %v", n, w.frames, len(file), err)
			}
		}
	})
}

// twin is the obvious join: it puts each sample where it belongs.
func twin(left, right []int16, later int) []int16 {
	l, r := max(0, -later), max(0, later)
	out := make([]int16, 2*max(l+len(left), r+len(right)))
	for i, s := range left {
		out[2*(l+i)] = s
	}
	for i, s := range right {
		out[2*(r+i)+1] = s
	}
	return out
}

func sound(samples []int16) wave {
	return wave{samples: bytes.NewReader(pcm(samples)), frames: int64(len(samples))}
}

// TestJoinAsTwin: the same samples as the obvious one, also across blocks.
func TestJoinAsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := func(name string) []int16 {
			out := make([]int16, rapid.IntRange(0, 3*block).Draw(t, name))
			for i := range out {
				out[i] = int16(i*7 + len(name))
			}
			return out
		}
		left, right := samples("left"), samples("right")
		later := rapid.IntRange(-2*block, 2*block).Draw(t, "later")
		within := rapid.IntRange(-62_000, 62_000).Draw(t, "within") // less than half a sample
		var file bytes.Buffer
		n, err := join(&file, sound(left), sound(right), time.Duration(later)*sampleTime+time.Duration(within))
		if err != nil {
			t.Fatal(err)
		}
		want := twin(left, right, later)
		if n != int64(len(want)/2) || !bytes.Equal(file.Bytes(), slices.Concat(header(n, 2), pcm(want))) {
			t.Fatalf("%d and %d samples, %d later: %d frames, want %d", len(left), len(right), later, n, len(want)/2)
		}
	})
}

func TestJoinTooLong(t *testing.T) {
	if _, err := join(io.Discard, sound(nil), sound([]int16{1}), 38*time.Hour); !isBroken(err) {
		t.Errorf("got %v", err)
	}
	if _, err := join(io.Discard, sound(nil), sound(nil), math.MinInt64); !isBroken(err) {
		t.Errorf("got %v", err)
	}
}

// TestJoinErrors: what can't be read or written is told.
func TestJoinErrors(t *testing.T) {
	bad := wave{samples: iotest.ErrReader(io.ErrClosedPipe), frames: 5}
	for _, sides := range [][2]wave{{bad, {}}, {{}, bad}} {
		if _, err := join(io.Discard, sides[0], sides[1], 0); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	}
	for _, room := range []int{0, headerBytes, headerBytes + 10} {
		if _, err := join(&full{room}, sound(make([]int16, 100)), wave{}, 0); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("got %v", err)
		}
	}
}

// full is a disk with so much room.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// TestJoinKeepsLittle: an hour takes no more memory than a second.
func TestJoinKeepsLittle(t *testing.T) {
	hour := func() wave { return wave{samples: silence{}, frames: 3600 * rate} }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := join(io.Discard, hour(), hour(), time.Second); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("it took %d bytes", took)
	}
}
