package recordings

import (
	"io"
	"math"
	"time"

	"firstline/telephony/callcenter"
)

// mostFrames is what a stereo WAV can hold: its sizes have 32 bits. It is more than 37 hours.
const mostFrames = (math.MaxUint32 - headerBytes) / (2 * sampleBytes)

// block is how many frames are joined at once.
const block = 4096

// join writes a stereo WAV and returns how many frames it has. Right began by offset later than left, earlier when it is
// negative; silence makes up for it, and for what the shorter side lacks. Nothing is heard in silences, on either side: they
// count from the beginning of what is written and may be in any order, overlap, or reach beyond it. It needs the same memory for
// any length.
func join(to io.Writer, left, right wave, offset time.Duration, silences []callcenter.Silence) (frames int64, err error) {
	later := int64(offset.Round(sampleTime) / sampleTime)
	leftLead, rightLead := max(0, -later), max(0, later)
	frames = max(leftLead+left.frames, rightLead+right.frames)
	if frames > mostFrames {
		return 0, broken("it is too long for a WAV")
	}
	if _, err := to.Write(header(frames, 2)); err != nil {
		return 0, err
	}
	return frames, interleave(to, endless(left, leftLead), endless(right, rightLead), frames, stretchesOf(silences))
}

// stretch is a silence in frames, from the first one to the one after the last one.
type stretch struct{ from, to int64 }

// stretchesOf rounds so that no part of a silence is heard.
func stretchesOf(silences []callcenter.Silence) []stretch {
	var out []stretch
	for _, s := range silences {
		frames := stretch{from: max(0, int64(s.From/sampleTime)), to: int64(s.To / sampleTime)}
		switch {
		case s.To == 0: // to the end
			frames.to = math.MaxInt64
		case s.To <= s.From: // it has no length, also if it is within a frame
			continue
		case s.To%sampleTime > 0:
			frames.to++
		}
		out = append(out, frames)
	}
	return out
}

// hush silences what is in a stretch; both are the frames from first on.
func hush(both []byte, first int64, silences []stretch) {
	const frame = 2 * sampleBytes
	end := first + int64(len(both)/frame)
	for _, s := range silences {
		if from, to := max(s.from, first), min(s.to, end); from < to {
			clear(both[(from-first)*frame : (to-first)*frame])
		}
	}
}

func interleave(to io.Writer, left, right io.Reader, frames int64, silences []stretch) error {
	l, r, both := make([]byte, block*sampleBytes), make([]byte, block*sampleBytes), make([]byte, 2*block*sampleBytes)
	for rest := frames; rest > 0; rest -= block {
		n := int(min(rest, block))
		if _, err := io.ReadFull(left, l[:n*sampleBytes]); err != nil {
			return err
		}
		if _, err := io.ReadFull(right, r[:n*sampleBytes]); err != nil {
			return err
		}
		for i := range n {
			copy(both[4*i:], l[2*i:2*i+2])
			copy(both[4*i+2:], r[2*i:2*i+2])
		}
		hush(both[:n*2*sampleBytes], frames-rest, silences)
		if _, err := to.Write(both[:n*2*sampleBytes]); err != nil {
			return err
		}
	}
	return nil
}

// endless is a side with silence before and after it.
func endless(w wave, lead int64) io.Reader {
	if w.samples == nil {
		return silence{}
	}
	return io.MultiReader(io.LimitReader(silence{}, lead*sampleBytes), w.samples, silence{})
}

type silence struct{}

// Read implements io.Reader.
func (silence) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
