package recordings

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// What Asterisk records: 16-bit PCM of a telephone's rate.
const (
	rate        = 8000
	sampleTime  = time.Second / rate
	sampleBytes = 2
)

// Sizes and numbers of RIFF.
const (
	riffHead    = 12 // "RIFF", size, "WAVE"
	chunkHead   = 8  // id, size
	formatSize  = 16
	formatPCM   = 1
	headerBytes = riffHead + chunkHead + formatSize + chunkHead // of the files written
)

// broken says what is wrong with a WAV. It is the same however often it is read.
type broken string

func (b broken) Error() string { return string(b) }

// wave is the sound of a WAV. The zero value has none.
type wave struct {
	samples io.Reader // frames of them, for each channel one
	frames  int64
}

// readWave reads up to the samples of a WAV of so many channels; total is the size of the file. A size of the data that is 0 or
// reaches beyond the end means the end: it is written when a recording is closed, which one that broke off never was.
func readWave(from io.Reader, total int64, channels int) (wave, error) {
	rest := &io.LimitedReader{R: from, N: total}
	var head [riffHead]byte
	if err := readFull(rest, head[:], "it is no WAV file"); err != nil {
		return wave{}, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return wave{}, broken("it is no WAV file")
	}
	known := false
	for {
		id, size, err := readChunk(rest)
		if err != nil {
			return wave{}, err
		}
		switch {
		case id == "fmt ":
			known, err = true, checkFormat(rest, size, channels)
		case id == "data" && !known:
			return wave{}, broken("its data come before their format")
		case id == "data":
			return dataOf(rest, size, channels), nil
		default:
			err = skip(rest, size)
		}
		if err != nil {
			return wave{}, err
		}
	}
}

// dataOf is the sound that is left; a last sample that is cut off is left out.
func dataOf(rest *io.LimitedReader, size int64, channels int) wave {
	if size == 0 || size > rest.N {
		size = rest.N
	}
	frame := int64(channels * sampleBytes)
	return wave{samples: io.LimitReader(rest, size/frame*frame), frames: size / frame}
}

func readChunk(from io.Reader) (id string, size int64, err error) {
	var head [chunkHead]byte
	if err := readFull(from, head[:], "it has no data"); err != nil {
		return "", 0, err
	}
	return string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:])), nil
}

func checkFormat(from io.Reader, size int64, channels int) error {
	var f [formatSize]byte
	if size < formatSize {
		return broken("its format is cut off")
	}
	if err := readFull(from, f[:], "its format is cut off"); err != nil {
		return err
	}
	format, bits := binary.LittleEndian.Uint16(f[0:]), binary.LittleEndian.Uint16(f[14:])
	has, speed := binary.LittleEndian.Uint16(f[2:]), binary.LittleEndian.Uint32(f[4:])
	switch {
	case format != formatPCM || bits != 8*sampleBytes:
		return broken(fmt.Sprintf("it has %d bits of format %d, not 16-bit PCM", bits, format))
	case int(has) != channels:
		return broken(fmt.Sprintf("its channels are %d, not %d", has, channels))
	case speed != rate:
		return broken(fmt.Sprintf("it has %d samples a second, not %d", speed, rate))
	}
	return skip(from, size-formatSize)
}

// skip leaves out what is not needed and the byte that makes it even. The end is found by whoever reads next.
func skip(from io.Reader, size int64) error {
	_, err := io.CopyN(io.Discard, from, size+size%2)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// readFull fills b; what is missing at the end of the file is said by cut.
func readFull(from io.Reader, b []byte, cut broken) error {
	_, err := io.ReadFull(from, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return cut
	}
	return err
}

// header is the beginning of a WAV with so many frames.
func header(frames int64, channels int) []byte {
	data := uint32(frames) * uint32(channels*sampleBytes)
	b := append([]byte(nil), "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, headerBytes-chunkHead+data)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, formatSize)
	b = binary.LittleEndian.AppendUint16(b, formatPCM)
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*channels*sampleBytes))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*sampleBytes))
	b = binary.LittleEndian.AppendUint16(b, 8*sampleBytes)
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, data)
}
