package prompts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Rate is that of the files made, in samples a second: that of a telephone, and of Asterisk's own WAV sounds.
const Rate = 8000

// rates are those that are taken. Others are hardly met, and some would make resample slow.
func rates() []int { return []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000} }

// Sizes of RIFF.
const (
	riffHead  = 12 // "RIFF", size, "WAVE"
	chunkHead = 8  // id, size
	formatMin = 16
)

// Numbers of a format chunk.
const (
	formatPCM        = 1
	formatExtensible = 0xFFFE // the format proper is in the first two bytes of its GUID, at 24
	formatGUID       = 24
)

// wave is one channel of 16-bit samples.
type wave struct {
	rate    int
	samples []int16
	comment string // INFO's ICMT
}

var errNoWave = errors.New("it is no WAV file")

// parseWave reads a WAV of 16-bit PCM with one or two channels; of two it takes the mean. A size that reaches beyond the end
// means the end: programs that write to a pipe don't know how much it will be.
func parseWave(data []byte) (wave, error) {
	if len(data) < riffHead || string(data[:4]) != "RIFF" || string(data[8:12]) != "WAVE" {
		return wave{}, errNoWave
	}
	var w wave
	channels := 0
	for rest := data[riffHead:]; len(rest) >= chunkHead; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[chunkHead:]
		size = min(size, len(rest))
		body := rest[:size]
		switch id {
		case "fmt ":
			var err error
			if w.rate, channels, err = parseFormat(body); err != nil {
				return wave{}, err
			}
		case "LIST":
			w.comment = comment(body)
		case "data":
			if channels == 0 {
				return wave{}, errors.New("its data come before their format")
			}
			w.samples = mono(body, channels)
			return w, nil
		}
		rest = rest[min(size+size%2, len(rest)):]
	}
	return wave{}, errors.New("it has no data")
}

func parseFormat(body []byte) (rate, channels int, err error) {
	if len(body) < formatMin {
		return 0, 0, errors.New("its format is cut off")
	}
	format := binary.LittleEndian.Uint16(body)
	if format == formatExtensible && len(body) >= formatGUID+2 {
		format = binary.LittleEndian.Uint16(body[formatGUID:])
	}
	channels = int(binary.LittleEndian.Uint16(body[2:]))
	rate = int(binary.LittleEndian.Uint32(body[4:]))
	bits := binary.LittleEndian.Uint16(body[14:])
	switch {
	case format != formatPCM || bits != 16:
		return 0, 0, fmt.Errorf("it has %d bits of format %d: save it as WAV with 16-bit PCM", bits, format)
	case channels != 1 && channels != 2:
		return 0, 0, fmt.Errorf("it has %d channels: save it with one or two", channels)
	case !slices.Contains(rates(), rate):
		return 0, 0, fmt.Errorf("it has %d samples a second: save it with 8000, 16000, 22050, 44100 or 48000", rate)
	}
	return rate, channels, nil
}

// mono is the mean of the channels; a last sample that is cut off is left out.
func mono(body []byte, channels int) []int16 {
	out := make([]int16, len(body)/(2*channels))
	for i := range out {
		sum := 0
		for c := range channels {
			sum += int(int16(binary.LittleEndian.Uint16(body[2*(i*channels+c):])))
		}
		out[i] = int16(sum / channels)
	}
	return out
}

// comment is the ICMT of an INFO list; "" = none.
func comment(list []byte) string {
	rest, isInfo := bytes.CutPrefix(list, []byte("INFO"))
	for isInfo && len(rest) >= chunkHead {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[chunkHead:]
		size = min(size, len(rest))
		if id == "ICMT" {
			return strings.TrimRight(string(rest[:size]), "\x00")
		}
		rest = rest[min(size+size%2, len(rest)):]
	}
	return ""
}

// encode is the WAV file: format, comment, data. The comment comes before the data because Asterisk skips what it doesn't
// know only there (formats/format_wav.c, check_header).
func (w wave) encode() []byte {
	note := append([]byte(w.comment), 0)
	if len(note)%2 == 1 {
		note = append(note, 0)
	}
	list := slices.Concat([]byte("INFO"), chunk("ICMT", note))
	format := binary.LittleEndian.AppendUint16(nil, formatPCM)
	format = binary.LittleEndian.AppendUint16(format, 1)
	format = binary.LittleEndian.AppendUint32(format, uint32(w.rate))
	format = binary.LittleEndian.AppendUint32(format, uint32(2*w.rate))
	format = binary.LittleEndian.AppendUint16(format, 2)
	format = binary.LittleEndian.AppendUint16(format, 16)
	return chunk("RIFF", slices.Concat([]byte("WAVE"), chunk("fmt ", format), chunk("LIST", list), chunk("data", w.bytes())))
}

func chunk(id string, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body))), body...)
}

// bytes are the samples as the data chunk has them.
func (w wave) bytes() []byte {
	out := make([]byte, 0, 2*len(w.samples))
	for _, s := range w.samples {
		out = binary.LittleEndian.AppendUint16(out, uint16(s))
	}
	return out
}

// silent tells whether nothing would be heard.
func (w wave) silent() bool {
	return !slices.ContainsFunc(w.samples, func(s int16) bool { return s != 0 })
}
