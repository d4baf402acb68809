package api

import (
	"fmt"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/negotiation"
	"github.com/gofiber/fiber/v2"
)

// form is a form of answer, by its media type.
type form string

const (
	formJSON  form = fiber.MIMEApplicationJSON
	formCSV   form = "text/csv"
	formLines form = "application/jsonl"
	formSheet form = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// tableForms are those that a table has beside JSON, by their names in a URL.
func tableForms() map[string]form {
	return map[string]form{"csv": formCSV, "jsonl": formLines, "xlsx": formSheet}
}

// contentType is the whole header.
func (f form) contentType() string {
	if f == formCSV {
		return string(f) + "; charset=utf-8; header=present"
	}
	return string(f)
}

// formOf is the form of answer that an Accept header prefers; JSON when it says nothing we know.
func formOf(accept string) form {
	known := []string{string(formJSON), string(formCSV), string(formLines), string(formSheet)}
	if chosen := negotiation.SelectQValue(accept, known); chosen != "" {
		return form(chosen)
	}
	return formJSON
}

// formats are the forms as huma asks for them. What is no table, such as an error, is JSON whatever was asked for.
func formats() map[string]huma.Format {
	out := map[string]huma.Format{string(formJSON): huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	for _, f := range tableForms() {
		out[string(f)] = huma.Format{
			Marshal:   func(w io.Writer, v any) error { return marshalTable(f, w, v) },
			Unmarshal: func([]byte, any) error { return huma.ErrUnknownContentType },
		}
	}
	return out
}

func marshalTable(f form, w io.Writer, v any) error {
	switch v := v.(type) {
	case table:
		return writeTable(f, w, v.tableRows())
	case *Problem:
		return huma.DefaultJSONFormat.Marshal(w, v)
	default:
		return fmt.Errorf("%T is no table", v)
	}
}

// formByName lets links name the form, as they can't send a header: ?format=xlsx is Accept. The answer is a file then.
func formByName(c *fiber.Ctx) error {
	name := c.Query("format")
	f, ok := tableForms()[name]
	if !ok || strings.HasPrefix(c.Path(), Prefix+"/exports/") { // there it is a parameter of its own
		return c.Next()
	}
	c.Request().Header.Set(fiber.HeaderAccept, string(f))
	c.Request().URI().QueryArgs().Del("format")
	err := c.Next()
	if c.Response().StatusCode() == fiber.StatusOK {
		c.Attachment(c.Path()[strings.LastIndexByte(c.Path(), '/')+1:] + "." + name)
		c.Set(fiber.HeaderContentType, f.contentType()) // Attachment guesses one by the name's end
	}
	return err
}
