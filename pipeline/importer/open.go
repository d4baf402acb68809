package importer

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Form is what files are.
type Form string

// The forms.
const (
	FormQueueLog Form = "queue_log"
	FormCDR      Form = "call detail records"
	FormCEL      Form = "channel events"
)

// has tells whether a file in a folder is of the form, by its name. How it is compressed is left out of bare.
func (f Form) has(name, bare string) bool {
	switch f {
	case FormCDR, FormCEL:
		return strings.Contains(name, ".csv")
	case FormQueueLog:
		return strings.HasPrefix(name, "queue_log") || filepath.Ext(bare) == ".csv"
	}
	return false
}

// names says which names a folder's files must have.
func (f Form) names() string {
	if f == FormQueueLog {
		return "begins with queue_log or ends with .csv"
	}
	return "has .csv in it"
}

// Usual is where Asterisk writes them.
func (f Form) Usual() string {
	switch f {
	case FormCDR:
		return "/var/log/asterisk/cdr-csv/Master.csv"
	case FormCEL:
		return "/var/log/asterisk/cel-custom/Master.csv"
	case FormQueueLog:
	}
	return "/var/log/asterisk/queue_log"
}

// Inputs finds the files that names mean: files, folders (every file in them that has a name of the form, compressed or not), or
// "-" for standard input, which is copied into a file first as it is read twice.
func Inputs(form Form, names []string, stdin io.Reader, temp string) ([]Input, error) {
	var out []Input
	for _, name := range names {
		if name == "-" {
			in, err := copied(stdin, temp)
			if err != nil {
				return nil, err
			}
			out = append(out, in)
			continue
		}
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s is not there; Asterisk's is %s", name, form.Usual())
		case err != nil:
			return nil, err
		case !info.IsDir():
			out = append(out, file(name, info.Size()))
		default:
			found, err := inFolder(form, name)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func file(path string, size int64) Input {
	return Input{Name: path, Size: size, Open: func() (io.ReadCloser, error) { return os.Open(path) }} //nolint:gosec // the operator names it
}

func inFolder(form Form, dir string) ([]Input, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Input
	for _, e := range entries {
		name := e.Name()
		bare := name
		for _, ext := range []string{".gz", ".bz2", ".xz", ".zst"} {
			bare = strings.TrimSuffix(bare, ext)
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !form.has(name, bare) {
			continue
		}
		out = append(out, file(filepath.Join(dir, name), info.Size()))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no file whose name %s", dir, form.names())
	}
	return out, nil
}

// copied keeps what comes by standard input in a file.
func copied(stdin io.Reader, temp string) (Input, error) {
	f, err := os.CreateTemp(temp, "stdin-*")
	if err != nil {
		return Input{}, fmt.Errorf("keep standard input: %w", err)
	}
	n, err := io.Copy(f, stdin)
	if err = errors.Join(err, f.Close()); err != nil {
		return Input{}, fmt.Errorf("keep standard input: %w", err)
	}
	in := file(f.Name(), n)
	in.Name = "standard input"
	return in, nil
}

// content is a file's text, whatever it is compressed with: its first bytes tell.
type content struct {
	*bufio.Reader
	close func() error
}

func open(in Input) (*content, error) {
	raw, err := in.Open()
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(raw, 1<<16)
	magic, err := buffered.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("read %s: %w", in.Name, err), raw.Close())
	}
	text, err := unpacked(buffered, magic)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s is broken: %w; take it from a backup or unpack by hand what of it can be", in.Name, err), raw.Close())
	}
	return &content{bufio.NewReaderSize(text, 1<<16), raw.Close}, nil
}

func unpacked(r io.Reader, magic []byte) (io.Reader, error) {
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case bytes.HasPrefix(magic, []byte("BZh")):
		return bzip2.NewReader(r), nil
	case bytes.HasPrefix(magic, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		return xz.NewReader(r)
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	default:
		return r, nil
	}
}

// longestLine is the longest line that is taken, in bytes; Asterisk cuts its own at 8 KiB.
const longestLine = 64 << 10

// line reads one line with its end; whole is false when the file ends within it, tooLong when the rest of it was dropped.
func (c *content) line() (text string, whole, tooLong bool, err error) {
	var b []byte
	for {
		part, err := c.ReadSlice('\n')
		if len(b) <= longestLine {
			b = append(b, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(b) > 0:
			return string(b), false, len(b) > longestLine, nil
		case err != nil:
			return "", false, false, err
		default:
			return string(b), true, len(b) > longestLine, nil
		}
	}
}
