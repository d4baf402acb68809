package recordings

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"firstline/telephony/callcenter"
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

// twin is the obvious join: it puts each sample where it belongs, and takes away each that is heard within a silence for any time.
func twin(left, right []int16, later int, silences []callcenter.Silence) []int16 {
	l, r := max(0, -later), max(0, later)
	out := make([]int16, 2*max(l+len(left), r+len(right)))
	for i, s := range left {
		out[2*(l+i)] = s
	}
	for i, s := range right {
		out[2*(r+i)+1] = s
	}
	for i := range len(out) / 2 {
		begins, ends := time.Duration(i)*sampleTime, time.Duration(i+1)*sampleTime
		for _, s := range silences {
			to := s.To
			if to == 0 {
				to = math.MaxInt64
			}
			if s.From < to && s.From < ends && to > begins {
				out[2*i], out[2*i+1] = 0, 0
			}
		}
	}
	return out
}

func sound(samples []int16) wave {
	return wave{samples: bytes.NewReader(pcm(samples)), frames: int64(len(samples))}
}

// silenceOf is one anywhere in or about a file of TestJoinAsTwin's, often at a block's edge, of any length, or to the end.
func silenceOf(t *rapid.T) callcenter.Silence {
	at := func(name string) time.Duration {
		sample := rapid.OneOf(rapid.IntRange(-block, 5*block), rapid.SampledFrom([]int{0, 1, block - 1, block, block + 1, 2 * block}))
		near := rapid.SampledFrom([]time.Duration{-sampleTime + 1, -1, 0, 1, sampleTime / 2, sampleTime - 1})
		return time.Duration(sample.Draw(t, name))*sampleTime + near.Draw(t, "near "+name)
	}
	s := callcenter.Silence{From: at("from"), To: at("to")}
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		s.To = 0
	case 1:
		s.To = math.MaxInt64
	case 2:
		s.From = math.MinInt64
	}
	return s
}

// TestSilences: the first and the last sample of which a part is in the silence are not heard.
func TestSilences(t *testing.T) {
	for name, c := range map[string]struct {
		silences []callcenter.Silence
		want     string // the samples heard
	}{
		"none":          {nil, "0123456789"},
		"exact":         {[]callcenter.Silence{{From: 2 * sampleTime, To: 4 * sampleTime}}, "01456789"},
		"rounded":       {[]callcenter.Silence{{From: 3*sampleTime - 1, To: 4*sampleTime + 1}}, "0156789"},
		"within one":    {[]callcenter.Silence{{From: 3*sampleTime + 1, To: 3*sampleTime + 2}}, "012456789"},
		"empty":         {[]callcenter.Silence{{From: 3 * sampleTime, To: 3 * sampleTime}}, "0123456789"},
		"empty in one":  {[]callcenter.Silence{{From: 3*sampleTime + 1, To: 3*sampleTime + 1}}, "0123456789"},
		"to the end":    {[]callcenter.Silence{{From: 3 * sampleTime}}, "012"},
		"all":           {[]callcenter.Silence{{}}, ""},
		"before":        {[]callcenter.Silence{{From: -time.Hour, To: sampleTime}}, "123456789"},
		"only before":   {[]callcenter.Silence{{From: -time.Hour, To: -1}}, "0123456789"},
		"beyond":        {[]callcenter.Silence{{From: 9 * sampleTime, To: math.MaxInt64}, {From: time.Hour}, {From: time.Hour, To: 2 * time.Hour}}, "012345678"},
		"any order":     {[]callcenter.Silence{{From: 7 * sampleTime, To: 8 * sampleTime}, {From: sampleTime, To: 2 * sampleTime}}, "02345689"},
		"overlapping":   {[]callcenter.Silence{{From: sampleTime, To: 6 * sampleTime}, {From: 2 * sampleTime, To: 3 * sampleTime}, {From: 5 * sampleTime, To: 7 * sampleTime}}, "0789"},
		"wrong way":     {[]callcenter.Silence{{From: 5 * sampleTime, To: 2 * sampleTime}}, "0123456789"},
		"from the left": {[]callcenter.Silence{{To: 2 * sampleTime}}, "23456789"},
	} {
		var file bytes.Buffer
		// The left begins first: silences count from there. The right is heard for its last 8.
		if _, err := join(&file, sound([]int16{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}), sound([]int16{2, 2, 2, 2, 2, 2, 2, 2}), 2*sampleTime, c.silences); err != nil {
			t.Fatal(err)
		}
		all, heard := frames(t, file.Bytes()), ""
		for i := range 10 {
			l, r := all[2*i], all[2*i+1]
			if l != 0 {
				heard += strconv.Itoa(i)
			}
			if i >= 2 && (l == 0) != (r == 0) {
				t.Errorf("%s: at %d one side is heard, the other isn't", name, i)
			}
		}
		if heard != c.want {
			t.Errorf("%s: %q is heard, want %q", name, heard, c.want)
		}
	}
}

// TestJoinAsTwin: the same samples as the obvious one, also across blocks.
func TestJoinAsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := func(name string) []int16 {
			out := make([]int16, rapid.IntRange(0, 3*block).Draw(t, name))
			for i := range out {
				out[i] = int16(i*7+len(name)) | 1 // none is silent by itself
			}
			return out
		}
		left, right := samples("left"), samples("right")
		later := rapid.IntRange(-2*block, 2*block).Draw(t, "later")
		within := rapid.IntRange(-62_000, 62_000).Draw(t, "within") // less than half a sample
		silences := rapid.SliceOfN(rapid.Custom(silenceOf), 0, 5).Draw(t, "silences")
		var file bytes.Buffer
		n, err := join(&file, sound(left), sound(right), time.Duration(later)*sampleTime+time.Duration(within), silences)
		if err != nil {
			t.Fatal(err)
		}
		want := twin(left, right, later, silences)
		if n != int64(len(want)/2) || !bytes.Equal(file.Bytes(), slices.Concat(header(n, 2), pcm(want))) {
			t.Fatalf("%d and %d samples, %d later: %d frames, want %d", len(left), len(right), later, n, len(want)/2)
		}
	})
}

func TestJoinTooLong(t *testing.T) {
	if _, err := join(io.Discard, sound(nil), sound([]int16{1}), 38*time.Hour, nil); !isBroken(err) {
		t.Errorf("got %v", err)
	}
	if _, err := join(io.Discard, sound(nil), sound(nil), math.MinInt64, nil); !isBroken(err) {
		t.Errorf("got %v", err)
	}
}

// TestJoinErrors: what can't be read or written is told.
func TestJoinErrors(t *testing.T) {
	bad := wave{samples: iotest.ErrReader(io.ErrClosedPipe), frames: 5}
	for _, sides := range [][2]wave{{bad, {}}, {{}, bad}} {
		if _, err := join(io.Discard, sides[0], sides[1], 0, nil); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	}
	for _, room := range []int{0, headerBytes, headerBytes + 10} {
		if _, err := join(&full{room}, sound(make([]int16, 100)), wave{}, 0, nil); !errors.Is(err, io.ErrShortWrite) {
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
	if _, err := join(io.Discard, hour(), hour(), time.Second, []callcenter.Silence{{From: time.Minute}}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("it took %d bytes", took)
	}
}
