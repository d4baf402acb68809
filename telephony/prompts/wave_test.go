package prompts

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// tone is a sine of a frequency and amplitude at a rate.
func tone(rate int, hertz, amplitude float64, length time.Duration) wave {
	w := wave{rate: rate, samples: make([]int16, int(length.Seconds()*float64(rate)))}
	for i := range w.samples {
		w.samples[i] = int16(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return w
}

// loudness is the root mean square of the middle half.
func (w wave) loudness() float64 {
	sum, middle := 0.0, w.samples[len(w.samples)/4:len(w.samples)*3/4]
	for _, s := range middle {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(middle)))
}

func TestWaveThereAndBack(t *testing.T) {
	w := tone(8000, 440, 10000, time.Second)
	for _, comment := range []string{"", "odd", "even"} {
		w.comment = comment
		got, err := parseWave(w.encode())
		if err != nil || got.rate != 8000 || got.comment != comment || !slices.Equal(got.samples, w.samples) {
			t.Errorf("%q: %v, %d at %d, %q", comment, err, len(got.samples), got.rate, got.comment)
		}
	}
}

// TestWaveOfOthers: what programs write that is not as ours.
func TestWaveOfOthers(t *testing.T) {
	ours := tone(22050, 440, 10000, 100*time.Millisecond)
	harm := func(change func(b []byte) []byte) []byte { return change(ours.encode()) }
	at := bytes.Index(ours.encode(), []byte("data"))
	for name, c := range map[string]struct {
		data []byte
		want string // of the error; "" = it is taken, with all samples
	}{
		"to a pipe: sizes beyond the end": {harm(func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[at+4:], 0x7ffff000)
			return b
		}), ""},
		"an unknown chunk": {harm(func(b []byte) []byte {
			return slices.Concat(b[:riffHead], chunk("bext", []byte{1, 2}), b[riffHead:])
		}), ""},
		"stereo": {harm(func(b []byte) []byte {
			b[22] = 2
			var both []byte
			for pair := range slices.Chunk(b[at+8:], 2) {
				both = append(append(both, pair...), pair...)
			}
			return slices.Concat(b[:at], chunk("data", both))
		}), ""},
		"extensible": {harm(func(b []byte) []byte {
			format := slices.Concat(b[20:36], make([]byte, 24))
			binary.LittleEndian.PutUint16(format, formatExtensible)
			format[formatGUID] = formatPCM
			return slices.Concat(b[:riffHead], chunk("fmt ", format), b[36:])
		}), ""},
		"empty":       {nil, "no WAV"},
		"text":        {[]byte("usage: speak [-h]\n"), "no WAV"},
		"cut off":     {ours.encode()[:30], "format"},
		"no data":     {ours.encode()[:at], "no data"},
		"eight bits":  {harm(func(b []byte) []byte { b[34] = 8; return b }), "8 bits"},
		"six-channel": {harm(func(b []byte) []byte { b[22] = 6; return b }), "6 channels"},
		"odd rate":    {harm(func(b []byte) []byte { b[24]++; return b }), "22051 samples"},
		"no format":   {slices.Concat(ours.encode()[:riffHead], chunk("data", []byte{1, 2})), "before their format"},
	} {
		got, err := parseWave(c.data)
		switch {
		case c.want == "" && (err != nil || !slices.Equal(got.samples, ours.samples)):
			t.Errorf("%s: %v, %d samples of %d", name, err, len(got.samples), len(ours.samples))
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestResample: what a telephone carries keeps its loudness and length, what it can't carry is gone and not folded back.
func TestResample(t *testing.T) {
	for _, rate := range rates() {
		for _, c := range []struct {
			hertz float64
			kept  bool
		}{{300, true}, {1000, true}, {3000, true}, {4100, false}, {5000, false}, {7000, false}, {9500, false}} {
			if c.hertz >= float64(rate)/2 {
				continue
			}
			in := tone(rate, c.hertz, 10000, 1200*time.Millisecond)
			out := in.resample()
			share := out.loudness() / in.loudness()
			if c.kept && math.Abs(share-1) > 0.01 || !c.kept && share > 0.01 {
				t.Errorf("%d Hz sampled at %d: %.4f of its loudness is left", int(c.hertz), rate, share)
			}
			if d := out.length() - in.length(); out.rate != Rate || d.Abs() > 2*time.Millisecond {
				t.Errorf("%d: %v became %v at %d", rate, in.length(), out.length(), out.rate)
			}
		}
	}
	loud := tone(22050, 200, 32767, 100*time.Millisecond)
	for i := range loud.samples { // a square at full scale overshoots where its edges are rounded off: it must not wrap round
		loud.samples[i] = map[bool]int16{true: 32767, false: -32768}[loud.samples[i] >= 0]
	}
	out := loud.resample()
	if middle := out.samples[len(out.samples)/100]; middle < 20000 {
		t.Errorf("a full-scale square begins with %d", middle)
	}
	if empty := (wave{rate: 22050}).resample(); len(empty.samples) != 0 {
		t.Errorf("nothing became %d samples", len(empty.samples))
	}
}

func FuzzParseWave(f *testing.F) {
	f.Add(tone(8000, 440, 1000, 10*time.Millisecond).marked("x").encode())
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := parseWave(data)
		if err != nil {
			return
		}
		again, err := parseWave(w.encode())
		if err != nil || !slices.Equal(again.samples, w.samples) {
			t.Fatalf("what was read can't be written and read: %v", err)
		}
	})
}
