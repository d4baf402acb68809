package recordings

import (
	"io"
	"math"
	"time"
)

// mostFrames is what a stereo WAV can hold: its sizes have 32 bits. It is more than 37 hours.
const mostFrames = (math.MaxUint32 - headerBytes) / (2 * sampleBytes)

// block is how many frames are joined at once.
const block = 4096

// join writes a stereo WAV and returns how many frames it has. Right began by offset later than left, earlier when it is
// negative; silence makes up for it, and for what the shorter side lacks. It needs the same memory for any length.
func join(to io.Writer, left, right wave, offset time.Duration) (frames int64, err error) {
	later := int64(offset.Round(sampleTime) / sampleTime)
	leftLead, rightLead := max(0, -later), max(0, later)
	frames = max(leftLead+left.frames, rightLead+right.frames)
	if frames > mostFrames {
		return 0, broken("it is too long for a WAV")
	}
	if _, err := to.Write(header(frames, 2)); err != nil {
		return 0, err
	}
	return frames, interleave(to, endless(left, leftLead), endless(right, rightLead), frames)
}

func interleave(to io.Writer, left, right io.Reader, frames int64) error {
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
