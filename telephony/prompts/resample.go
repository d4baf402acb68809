package prompts

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// softEdge is the share of the lower rate's band in which frequencies fade out, so that the filter doesn't ring.
const softEdge = 0.1

// resample gives w the Rate. It goes through the spectrum: what the lower rate can't carry is left out, so that nothing of
// it is heard folded back (docs/adr/0016). Memory and time grow with the whole sound: prompts are seconds long.
func (w wave) resample() wave {
	if w.rate == Rate || len(w.samples) == 0 {
		return w
	}
	shared := gcd(w.rate, Rate)
	blocks := 1 // a power of two keeps the transform fast; both lengths are whole numbers of blocks, so the rates' ratio is exact
	for blocks*(w.rate/shared) < len(w.samples) {
		blocks *= 2
	}
	from, to := blocks*(w.rate/shared), blocks*(Rate/shared)
	padded := make([]float64, from)
	for i, s := range w.samples {
		padded[i] = float64(s)
	}
	spectrum := fourier.NewFFT(from).Coefficients(nil, padded)
	kept := make([]complex128, to/2+1)
	edge := min(from, to) / 2
	for i := range min(len(kept), len(spectrum)) {
		kept[i] = spectrum[i] * complex(fade(float64(i)/float64(edge)), 0)
	}
	sound := fourier.NewFFT(to).Sequence(nil, kept)
	out := wave{rate: Rate, samples: make([]int16, (len(w.samples)*Rate+w.rate-1)/w.rate), comment: w.comment}
	for i := range out.samples {
		v := math.Round(sound[i] / float64(from)) // gonum's transforms there and back multiply by the length
		out.samples[i] = int16(max(math.MinInt16, min(math.MaxInt16, v)))
	}
	return out
}

// fade is the weight of a frequency, given as a share of the band's width: 1, and a half cosine down to 0 at its edge.
func fade(share float64) float64 {
	switch {
	case share >= 1:
		return 0
	case share <= 1-softEdge:
		return 1
	default:
		return (1 + math.Cos(math.Pi*(share-1+softEdge)/softEdge)) / 2
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
