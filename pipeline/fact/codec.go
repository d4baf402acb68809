package fact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Parts of the CloudEvents form. The schema version ends the type's name.
const (
	specVersion  = "1.0"
	contentType  = "application/json"
	sourcePrefix = "/firstline/"
	typePrefix   = "firstline."
	typeSuffix   = ".v1"
	timeLayout   = "2006-01-02T15:04:05.000Z"
)

// ErrUnknownType is wrapped by Decode's error when the envelope is valid but its type is not one of this version: a
// newer writer, not a broken message.
var ErrUnknownType = errors.New("unknown fact type")

// FieldError names the envelope field that is missing or wrong.
type FieldError struct {
	Field   string // JSON name
	Problem string // "missing", or what is wrong with it
}

func (e *FieldError) Error() string { return fmt.Sprintf("field %q: %s", e.Field, e.Problem) }

// written is the envelope as it is encoded; the order of its fields is the order on the wire.
type written struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source,omitempty"`
	Type            string `json:"type"`
	Subject         string `json:"subject"`
	Time            string `json:"time"`
	DataContentType string `json:"datacontenttype"`
	Sequence        string `json:"sequence"`
	Epoch           string `json:"epoch,omitempty"`
	Position        string `json:"position,omitempty"`
	Data            Data   `json:"data"`
}

// read is the envelope as it is decoded: data waits until its type is known.
type read struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Sequence        string          `json:"sequence"`
	Epoch           string          `json:"epoch"`
	Position        string          `json:"position"`
	Data            json.RawMessage `json:"data"`
}

// Encode returns the fact as one CloudEvents 1.0 JSON object without a line break. Every field must be filled, those of
// the log included; otherwise the error is a *FieldError. The time is cut to milliseconds.
func Encode(f Fact) ([]byte, error) {
	if err := f.validate(); err != nil {
		return nil, fmt.Errorf("encode fact %s: %w", f.ID(), err)
	}
	return f.encode()
}

// MarshalJSON is Encode for a fact that may not have passed its log yet: source, epoch and position are left out when
// they are not filled. For replies, tests and debugging; what is stored or sent goes through Encode.
func (f Fact) MarshalJSON() ([]byte, error) { return f.encode() }

func (f Fact) encode() ([]byte, error) {
	w := written{
		SpecVersion:     specVersion,
		ID:              f.ID(),
		Type:            f.Type.Wire(),
		Subject:         f.Subject,
		Time:            f.Time.UTC().Format(timeLayout),
		DataContentType: contentType,
		Sequence:        strconv.FormatUint(f.Sequence, 10),
		Epoch:           f.Epoch,
		Data:            f.Data,
	}
	if f.Source != "" {
		w.Source = sourcePrefix + f.Source
	}
	if f.Position != 0 {
		w.Position = strconv.FormatUint(f.Position, 10)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(w); err != nil {
		return nil, fmt.Errorf("encode fact %s: %w", f.ID(), err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// UnmarshalJSON is Decode.
func (f *Fact) UnmarshalJSON(b []byte) error {
	d, err := Decode(b)
	if err != nil {
		return err
	}
	*f = d
	return nil
}

// Decode reads what Encode wrote. Fields it doesn't know are ignored, in the envelope and in the data; a missing or
// malformed field of the envelope is a *FieldError; a type it doesn't know is ErrUnknownType.
func Decode(b []byte) (Fact, error) {
	f, err := decode(b)
	if err != nil {
		return Fact{}, fmt.Errorf("decode fact: %w", err)
	}
	return f, nil
}

func decode(b []byte) (Fact, error) {
	var r read
	if err := json.Unmarshal(b, &r); err != nil {
		return Fact{}, err
	}
	f, err := r.envelope()
	if err != nil {
		return Fact{}, err
	}
	if f.Data, err = decodeData(f.Type, r.Data); err != nil {
		return Fact{}, err
	}
	if err := f.validate(); err != nil {
		return Fact{}, err
	}
	if r.ID != f.ID() {
		return Fact{}, &FieldError{"id", fmt.Sprintf("is %q, but the rest of the fact says %q", r.ID, f.ID())}
	}
	return f, nil
}

// envelope checks and converts everything but the data.
func (r read) envelope() (Fact, error) {
	f := Fact{Subject: r.Subject, Epoch: r.Epoch}
	var err error
	if r.SpecVersion != specVersion {
		return f, &FieldError{"specversion", missingOr(r.SpecVersion, "want "+specVersion)}
	}
	if r.ID == "" {
		return f, &FieldError{"id", "missing"}
	}
	var ok bool
	if f.Source, ok = strings.CutPrefix(r.Source, sourcePrefix); !ok {
		return f, &FieldError{"source", missingOr(r.Source, "must begin with "+sourcePrefix)}
	}
	if f.Type, err = parseWire(r.Type); err != nil {
		return f, err
	}
	if f.Time, err = time.Parse(time.RFC3339Nano, r.Time); err != nil {
		return f, &FieldError{"time", missingOr(r.Time, "not RFC 3339")}
	}
	f.Time = f.Time.UTC().Truncate(time.Millisecond)
	if f.Sequence, err = strconv.ParseUint(r.Sequence, 10, 64); err != nil {
		return f, &FieldError{"sequence", missingOr(r.Sequence, "not a whole number in a string")}
	}
	if f.Position, err = strconv.ParseUint(r.Position, 10, 64); err != nil {
		return f, &FieldError{"position", missingOr(r.Position, "not a whole number in a string")}
	}
	if r.DataContentType != "" && r.DataContentType != contentType {
		return f, &FieldError{"datacontenttype", "want " + contentType}
	}
	if len(r.Data) == 0 || bytes.Equal(r.Data, []byte("null")) {
		return f, &FieldError{"data", "missing"}
	}
	return f, nil
}

// validate says what a fact that is stored or sent must have.
func (f Fact) validate() error {
	switch {
	case f.Type == "":
		return &FieldError{"type", "missing"}
	case f.Data == nil:
		return &FieldError{"data", "missing"}
	case f.Data.factType() != f.Type:
		return &FieldError{"data", fmt.Sprintf("is of type %q, the envelope says %q", f.Data.factType(), f.Type)}
	case f.Subject == "":
		return &FieldError{"subject", "missing"}
	case f.Sequence == 0 && f.Topic() != TopicTickets:
		return &FieldError{"sequence", "missing"}
	case f.Time.IsZero():
		return &FieldError{"time", "missing"}
	case f.Time.UTC().Year() < 1 || f.Time.UTC().Year() > 9999:
		return &FieldError{"time", "year out of range"}
	case f.Source == "":
		return &FieldError{"source", "missing"}
	case f.Epoch == "":
		return &FieldError{"epoch", "missing"}
	case f.Position == 0:
		return &FieldError{"position", "missing"}
	}
	return nil
}

// Wire is the type's name on the wire: "firstline.contact.arrived.v1".
func (t Type) Wire() string { return typePrefix + string(t) + typeSuffix }

func parseWire(wire string) (Type, error) {
	if wire == "" {
		return "", &FieldError{"type", "missing"}
	}
	rest, ok := strings.CutPrefix(wire, typePrefix)
	if ok {
		rest, ok = strings.CutSuffix(rest, typeSuffix)
	}
	if !ok {
		return "", fmt.Errorf("%w %q", ErrUnknownType, wire)
	}
	return Type(rest), nil
}

func missingOr(value, otherwise string) string {
	if value == "" {
		return "missing"
	}
	return fmt.Sprintf("%q: %s", value, otherwise)
}
