package chdb

import (
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb.so: the C functions this package uses, called without cgo. Handles are opaque pointers of the
// engine, never of Go's heap; each is owned by one goroutine at a time.
type library struct {
	version     func() unsafe.Pointer
	setSignals  func(enabled int32)
	connect     func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn   func(conn unsafe.Pointer)
	query       func(conn, sql unsafe.Pointer, sqlLen uint64, format unsafe.Pointer, formatLen uint64, names, nameLens, values, valueLens unsafe.Pointer, count uint64) unsafe.Pointer
	stream      func(conn, sql unsafe.Pointer, sqlLen uint64, format unsafe.Pointer, formatLen uint64, names, nameLens, values, valueLens unsafe.Pointer, count uint64) unsafe.Pointer
	fetch       func(conn, stream unsafe.Pointer) unsafe.Pointer
	cancel      func(conn, stream unsafe.Pointer)
	destroy     func(result unsafe.Pointer)
	buffer      func(result unsafe.Pointer) unsafe.Pointer
	length      func(result unsafe.Pointer) uint64
	errorText   func(result unsafe.Pointer) unsafe.Pointer
	rowsRead    func(result unsafe.Pointer) uint64
	bytesRead   func(result unsafe.Pointer) uint64
	rowsWritten func(result unsafe.Pointer) uint64
	bytesWriten func(result unsafe.Pointer) uint64

	insert        func(conn, sql unsafe.Pointer, sqlLen uint64, format unsafe.Pointer, formatLen uint64, names, nameLens, values, valueLens unsafe.Pointer, count uint64) unsafe.Pointer
	insertAppend  func(stream, data unsafe.Pointer, length uint64) int32
	insertDone    func(stream unsafe.Pointer) unsafe.Pointer
	insertCancel  func(stream unsafe.Pointer)
	insertError   func(stream unsafe.Pointer) unsafe.Pointer
	insertDestroy func(stream unsafe.Pointer)
}

// openLibrary loads the engine into this process. That can't be undone, and there is one engine a process.
func openLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load the clickhouse library %s: %w", path, err)
	}
	l := &library{}
	var missing []string
	for name, target := range l.symbols() {
		addr, err := purego.Dlsym(handle, name)
		if err != nil {
			missing = append(missing, name)
			continue
		}
		purego.RegisterFunc(target, addr)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("load the clickhouse library %s: it lacks %s; install the version that `make setup` installs",
			path, strings.Join(missing, ", "))
	}
	// Go's runtime owns this process's signals; the engine's crash handlers would take SIGSEGV and SIGTERM from it.
	l.setSignals(0)
	return l, nil
}

func (l *library) symbols() map[string]any {
	return map[string]any{
		"chdb_version":                     &l.version,
		"chdb_set_signal_handlers_enabled": &l.setSignals,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_query_with_params_n":         &l.query,
		"chdb_stream_query_with_params_n":  &l.stream,
		"chdb_stream_fetch_result":         &l.fetch,
		"chdb_stream_cancel_query":         &l.cancel,
		"chdb_destroy_query_result":        &l.destroy,
		"chdb_result_buffer":               &l.buffer,
		"chdb_result_length":               &l.length,
		"chdb_result_error":                &l.errorText,
		"chdb_result_rows_read":            &l.rowsRead,
		"chdb_result_bytes_read":           &l.bytesRead,
		"chdb_result_rows_written":         &l.rowsWritten,
		"chdb_result_bytes_written":        &l.bytesWriten,
		"chdb_stream_insert_with_params_n": &l.insert,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_cancel_insert":        &l.insertCancel,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
	}
}

// open makes one connection to the engine, which starts with the first one and ends with the last; all use the same path.
// chdb_shutdown, which would wait for every thread of the engine, is not used: it fails once a MergeTree table was
// there (26.7.3), and a process that exits needs none of it.
func (l *library) open(path string) (*handle, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	args := []string{"firstline", "--path=" + path}
	argv := make([]unsafe.Pointer, len(args)+1)
	for i, a := range args {
		argv[i] = text(a + "\x00").pinned(&pin)
	}
	pin.Pin(&argv[0])
	conn := l.connect(int32(len(args)), unsafe.Pointer(&argv[0]))
	if conn == nil {
		return nil, fmt.Errorf("start the clickhouse engine on %s: it gave no reason; see whether the folder is writable", path)
	}
	return &handle{lib: l, outer: conn, inner: *(*unsafe.Pointer)(conn)}, nil
}

// handle is one open connection.
type handle struct {
	lib   *library
	outer unsafe.Pointer // chdb_connection *: what close takes
	inner unsafe.Pointer // chdb_connection: what everything else takes
}

func (h *handle) close() { h.lib.closeConn(h.outer) }

// statement is what goes into one call of the engine.
type statement struct {
	sql    string
	format string // of the output, or of the data of an insert
	params []param
}

type param struct{ name, value string } // value as ClickHouse's HTTP interface takes it: escaped as in TSV

type call func(conn, sql unsafe.Pointer, sqlLen uint64, format unsafe.Pointer, formatLen uint64, names, nameLens, values, valueLens unsafe.Pointer, count uint64) unsafe.Pointer

// invoke passes a statement to one of the engine's three calls that take one.
func (h *handle) invoke(f call, s statement) unsafe.Pointer {
	var pin runtime.Pinner
	defer pin.Unpin()
	n := len(s.params)
	// One more than needed, so that the address of the first exists without parameters too.
	names, values := make([]unsafe.Pointer, n+1), make([]unsafe.Pointer, n+1)
	nameLens, valueLens := make([]uint64, n+1), make([]uint64, n+1)
	for i, p := range s.params {
		names[i], nameLens[i] = text(p.name).pinned(&pin), uint64(len(p.name))
		values[i], valueLens[i] = text(p.value).pinned(&pin), uint64(len(p.value))
	}
	pin.Pin(&names[0])
	pin.Pin(&values[0])
	pin.Pin(&nameLens[0])
	pin.Pin(&valueLens[0])
	return f(h.inner, text(s.sql).pinned(&pin), uint64(len(s.sql)), text(s.format).pinned(&pin), uint64(len(s.format)),
		unsafe.Pointer(&names[0]), unsafe.Pointer(&nameLens[0]), unsafe.Pointer(&values[0]), unsafe.Pointer(&valueLens[0]), uint64(n))
}

// result is an answer of the engine, or one chunk of it; free it.
type result struct {
	lib *library
	ptr unsafe.Pointer
}

// data is the engine's own memory, valid until free.
func (r result) data() []byte {
	n := r.lib.length(r.ptr)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(r.lib.buffer(r.ptr)), n)
}

// err is the engine's error as an *Exception.
func (r result) err() error {
	if r.ptr == nil {
		return exception(codeLogicalError, "the engine returned nothing")
	}
	return engineError(goString(r.lib.errorText(r.ptr)))
}

func (r result) free() {
	if r.ptr != nil {
		r.lib.destroy(r.ptr)
	}
}

// text gives the address of a string's bytes to C for the duration of a call. The engine only reads them.
type text string

func (t text) pinned(pin *runtime.Pinner) unsafe.Pointer {
	if t == "" {
		t = "\x00" // length 0 goes along; the address has to be one
	}
	p := unsafe.StringData(string(t))
	pin.Pin(p)
	return unsafe.Pointer(p)
}

// goString copies a C string; nil is "".
func goString(p unsafe.Pointer) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(p), n))
}
