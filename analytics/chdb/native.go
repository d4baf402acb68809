package chdb

import (
	"errors"
	"io"

	"github.com/ClickHouse/ch-go/compress"
	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// transcode copies blocks in Native format from revision 0, which the engine writes, to the revision that the client
// asked for with client_protocol_version. It returns the number of rows. Errors are those of src, of dst, or an
// *Exception for a type that the client library does not know.
func transcode(dst io.Writer, src io.Reader, revision uint64) (rows uint64, err error) {
	source := &failing{Reader: src}
	reader := chproto.NewReader(source)
	var out chproto.Buffer
	for {
		block := proto.NewBlock()
		if err := block.Decode(reader, 0); err != nil {
			switch {
			case source.err != nil:
				return rows, source.err
			case errors.Is(err, io.EOF) && block.Columns == nil:
				return rows, nil
			}
			return rows, exception(codeUnknownType, "The answer can not be sent in the client's Native format: %s", err)
		}
		out.Reset()
		if err := block.Encode(&out, revision); err != nil {
			return rows, exception(codeUnknownType, "The answer can not be sent in the client's Native format: %s", err)
		}
		if _, err := dst.Write(out.Buf); err != nil {
			return rows, err
		}
		rows += uint64(block.Rows())
	}
}

// failing remembers the source's own error, which decoders wrap beyond recognition.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// frameWriter writes ClickHouse's own compressed frames (the URL parameter compress=1). Nothing is buffered over calls.
type frameWriter struct {
	dst   io.Writer
	codec *compress.Writer
}

// frameSize is the most plain bytes of one frame, as ClickHouse cuts them.
const frameSize = 1 << 20

func newFrameWriter(dst io.Writer, method compress.Method) *frameWriter {
	return &frameWriter{dst: dst, codec: compress.NewWriter(compress.LevelZero, method)}
}

func (w *frameWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		part := p[:min(len(p), frameSize)]
		if err := w.codec.Compress(part); err != nil {
			return written, err
		}
		if _, err := w.dst.Write(w.codec.Data); err != nil {
			return written, err
		}
		written += len(part)
		p = p[len(part):]
	}
	return written, nil
}

// frameReader reads such frames (the URL parameter decompress=1). Its error is io.EOF between two frames, an *Exception
// where a frame is damaged or cut, or the source's own.
type frameReader struct {
	src    *counting
	frames *compress.Reader
}

func newFrameReader(src io.Reader) *frameReader {
	c := &counting{failing: failing{Reader: src}}
	return &frameReader{src: c, frames: compress.NewReader(c)}
}

// Read implements io.Reader.
func (r *frameReader) Read(p []byte) (int, error) {
	before := r.src.n
	n, err := r.frames.Read(p)
	switch {
	case err == nil:
		return n, nil
	case r.src.err != nil:
		return n, r.src.err
	case errors.Is(err, io.EOF) && r.src.n == before:
		return n, io.EOF
	}
	return n, exception(codeCannotReadData, "Cannot decompress the data of the request: %s", err)
}

// counting counts the bytes read.
type counting struct {
	failing
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.failing.Read(p)
	c.n += int64(n)
	return n, err
}
