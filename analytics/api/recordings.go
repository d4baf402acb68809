package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"firstline/analytics/query"
	"firstline/pipeline/archive"
)

// Archive is where recordings lie: archive.Dir.
type Archive interface {
	// Open opens one that is kept until that day; the error wraps fs.ErrNotExist when it is not there.
	Open(id string, keepUntil time.Time) (*os.File, error)
}

var _ Archive = archive.Dir("")

// ContactRecording is a recording, and where it is heard.
type ContactRecording struct {
	query.Recording
	Audio *string `json:"audio" doc:"Path of its audio; null without one, and where this server has no recordings.dir" example:"/api/v1/contacts/pbx1-1763838123.4/recordings/r1/audio"`
}

type recordingsOutput struct {
	Body struct {
		Recordings []ContactRecording `json:"recordings" nullable:"false" doc:"In the order they began"`
	}
}

// recordingsOf answers what was recorded of a contact, and what became of it.
func (a *API) recordingsOf(ctx context.Context, who principal, in *contactInput) (*recordingsOutput, error) {
	list, err := a.reports.Recordings(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if visible := keep(list, who.rights.recording); len(visible) < len(list) || who.rights.limited && len(list) == 0 {
		list = visible
		if err := a.mustSee(ctx, who, in.ID); err != nil {
			return nil, err
		}
	}
	out := &recordingsOutput{}
	out.Body.Recordings = []ContactRecording{}
	for _, r := range list {
		out.Body.Recordings = append(out.Body.Recordings, ContactRecording{r, a.audioPath(in.ID, r.Number, r.State)})
	}
	return out, nil
}

// mustSee fails with CodeNotFound when a contact was in no queue that may be seen.
func (a *API) mustSee(ctx context.Context, who principal, contact string) error {
	if !who.rights.limited {
		return nil
	}
	t, err := a.reports.Timeline(ctx, contact, false)
	if err != nil {
		return err
	}
	if !who.rights.contact(&t.Contact) {
		return fail(CodeNotFound, "", nil)
	}
	return nil
}

// audioPath is where a recording is heard; nil without a file, and where this server has no folder of them.
func (a *API) audioPath(contact, number string, state query.RecordingState) *string {
	if state != query.RecordingKept || a.archive == nil {
		return nil
	}
	path := Prefix + "/contacts/" + url.PathEscape(contact) + "/recordings/" + url.PathEscape(number) + "/audio"
	return &path
}

// recordingAudio sends the audio of a recording, or the part of it that is asked for.
func (a *API) recordingAudio(c *fiber.Ctx, who principal) error {
	err := a.sendAudio(c, who)
	result := "sent"
	if err != nil {
		result = string(classify(err).Code)
	}
	a.m.audio.WithLabelValues(result).Inc()
	return err
}

func (a *API) sendAudio(c *fiber.Ctx, who principal) error {
	if a.archive == nil {
		return fail(CodeNotConfigured, "set recordings.dir", nil)
	}
	contact := c.Params("id")
	r, err := a.keptRecording(c.UserContext(), who, contact, c.Params("n"))
	if err != nil {
		return err
	}
	file, err := a.archive.Open(r.ID, *r.KeepUntil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.log.Warn("recording is not in its folder", "contact", contact, "recording", r.ID, "error", err)
		return fail(CodeNotFound, "the file is gone before its time: its caller was erased, it was deleted by hand, or recordings.dir is another folder", err)
	case err != nil:
		return fail(CodeUnavailable, "the file can't be read", err)
	}
	part, err := a.audioPart(c, r, file)
	if err != nil {
		_ = file.Close()
		return err
	}
	if c.Method() == fiber.MethodGet { // HEAD sends nothing to hear
		a.log.Info("recording is played", "user", who.Name, "contact", contact, "recording", r.ID, "from", part.from, "bytes", part.length)
	}
	return c.SendStream(&pacedFile{
		Reader: io.NewSectionReader(file, part.from, part.length), file: file, conn: c.Context().Conn(), patience: a.patience,
		broken: func(err error) { a.log.Warn("recording could not be read to its end", "recording", r.ID, "error", err) },
	}, int(part.length))
}

// keptRecording finds a recording whose file is there, or says why there is none.
func (a *API) keptRecording(ctx context.Context, who principal, contact, number string) (query.Recording, error) {
	list, err := a.reports.Recordings(ctx, contact)
	if err != nil && !errors.Is(err, query.ErrNotFound) {
		return query.Recording{}, err
	}
	i := slices.IndexFunc(list, func(r query.Recording) bool { return r.Number == number && who.rights.recording(r) })
	if i < 0 {
		return query.Recording{}, fail(CodeNotFound, "there never was such a recording, or it is not loaded yet", err)
	}
	switch r := list[i]; r.State {
	case query.RecordingKept:
		return r, nil
	case query.RecordingGoesOn:
		return r, fail(CodeNotFound, "the recording goes on: its file is there after its end", nil)
	case query.RecordingEnded:
		return r, fail(CodeNotFound, "the file is not there yet", nil)
	case query.RecordingLost:
		return r, fail(CodeNotFound, "there is no file: "+*r.Error, nil)
	case query.RecordingDeleted:
		return r, fail(CodeNotFound, "the file was deleted at the end of "+r.KeepUntil.UTC().Format(time.DateOnly)+", UTC", nil)
	default:
		return r, fail(CodeNotFound, "", nil)
	}
}

// audioPart sets the headers of the answer and finds out which part of the file is wanted.
func (a *API) audioPart(c *fiber.Ctx, r query.Recording, file *os.File) (bytePart, error) {
	info, err := file.Stat()
	if err != nil {
		return bytePart{}, fail(CodeUnavailable, "the file can't be read", err)
	}
	size := info.Size()
	tag := `"` + *r.SHA256 + `"`
	header := c.Get(fiber.HeaderRange)
	if same := c.Get(fiber.HeaderIfRange); same != "" && same != tag {
		header = ""
	}
	part, ok := partOf(header, size)
	if !ok {
		return part, &Error{Code: CodeRange, Detail: "the file has " + strconv.FormatInt(size, 10) + " bytes",
			Headers: map[string]string{fiber.HeaderContentRange: "bytes */" + strconv.FormatInt(size, 10)}}
	}
	if part.partial {
		c.Status(http.StatusPartialContent)
		c.Set(fiber.HeaderContentRange, part.contentRange(size))
	}
	c.Set(fiber.HeaderContentType, audioType)
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("inline", map[string]string{"filename": filepath.Base(file.Name())}))
	return part, nil
}

const audioType = "audio/wav"

// bytePart is a part of a file.
type bytePart struct {
	from, length int64
	partial      bool // not because of its length: it was asked for as a part
}

func (p bytePart) contentRange(size int64) string {
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	return "bytes " + n(p.from) + "-" + n(p.from+p.length-1) + "/" + n(size)
}

// partOf reads the header Range. What is no single range of bytes is answered with the whole, as RFC 9110, 14.2, allows; false
// says that the range lies behind the end.
func partOf(header string, size int64) (bytePart, bool) {
	whole := bytePart{length: size}
	wanted, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return whole, true
	}
	first, last, ok := strings.Cut(strings.TrimSpace(wanted), "-")
	if !ok {
		return whole, true
	}
	from, errFirst := strconv.ParseUint(first, 10, 62)
	until, errLast := strconv.ParseUint(last, 10, 62)
	a, b := int64(from), int64(until) //nolint:gosec // 62 bits
	switch {
	case first == "" && errLast == nil: // the last b bytes
		a, b = max(0, size-b), size-1
	case errFirst == nil && last == "":
		b = size - 1
	case errFirst != nil || errLast != nil || b < a:
		return whole, true
	}
	if b = min(b, size-1); a > b {
		return bytePart{}, false
	}
	return bytePart{a, b - a + 1, true}, true
}

// pacedFile is a file on its way to a client, who may take as long as he likes while he takes it: a player fetches ahead of
// what is heard, and then waits. Who accepts nothing for a while is gone; a player asks again for the rest.
type pacedFile struct {
	io.Reader
	file     *os.File
	conn     net.Conn
	patience time.Duration
	broken   func(error)
}

func (p *pacedFile) Read(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(p.patience)); err != nil {
		return 0, err
	}
	n, err := p.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.broken(err)
	}
	return n, err
}

// Close is called when the answer was sent, or could not be.
func (p *pacedFile) Close() error { return p.file.Close() }
