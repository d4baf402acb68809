package sipp

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

const (
	sampleRate  = 8000
	frameLength = 160 // samples, 20 ms
	tone        = 440 // Hz
	loudness    = 8000
	headerBytes = 14 + 20 + 8 + 12 // Ethernet, IPv4, UDP, RTP
)

// speech is a capture file with RTP packets of a tone in PCMU. SIPp sends their UDP contents in their rhythm.
func speech(length time.Duration) []byte {
	var out bytes.Buffer
	put := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) } // a bytes.Buffer takes everything
	put(struct {
		Magic        uint32
		Major, Minor uint16
		Zone, Digits uint32
		Snap, Link   uint32
	}{0xa1b2c3d4, 2, 4, 0, 0, 65535, 1})
	for n := range int(length / (20 * time.Millisecond)) {
		at := uint32(n) * 20_000
		size := uint32(headerBytes + frameLength)
		put([4]uint32{at / 1_000_000, at % 1_000_000, size, size})
		out.Write(packet(n))
	}
	return out.Bytes()
}

// packet is the n-th frame of 20 ms.
func packet(n int) []byte {
	p := make([]byte, headerBytes+frameLength)
	big := binary.BigEndian
	big.PutUint16(p[12:], 0x0800)
	ip := p[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	big.PutUint16(ip[2:], uint16(len(ip)))
	copy(ip[12:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
	udp := ip[20:]
	big.PutUint16(udp[0:], 6000)
	big.PutUint16(udp[2:], 6000)
	big.PutUint16(udp[4:], uint16(len(udp)))
	rtp := udp[8:]
	rtp[0] = 0x80
	if n == 0 {
		rtp[1] = 0x80 // marker: speech begins
	}
	big.PutUint16(rtp[2:], uint16(n))
	big.PutUint32(rtp[4:], uint32(n)*frameLength)
	big.PutUint32(rtp[8:], 0x00f157)
	for i := range frameLength {
		at := float64(n*frameLength+i) / sampleRate
		rtp[12+i] = ulaw(int(loudness * math.Sin(2*math.Pi*tone*at)))
	}
	return p
}

// ulaw encodes a sample by G.711.
func ulaw(sample int) byte {
	const bias, clip = 0x84, 32635
	sign := byte(0)
	if sample < 0 {
		sample, sign = -sample, 0x80
	}
	sample = min(sample, clip) + bias
	exponent := 7
	for mask := 0x4000; exponent > 0 && sample&mask == 0; mask >>= 1 {
		exponent--
	}
	mantissa := byte(sample>>(exponent+3)) & 0x0f
	return ^(sign | byte(exponent)<<4 | mantissa)
}
