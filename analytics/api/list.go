package api

import (
	"context"
	"net/url"
)

// PageQuery asks for one page of a list. It is exported because huma reads no other embedded struct.
type PageQuery struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Size of the page"`
	Cursor string `query:"cursor" maxLength:"500" doc:"The value of next of the page before"`
	rest   bool   // a later page of an export: how far it reaches was told with the first
}

// page is one page of a list: its rows, and the cursor of the next one, nil on the last.
type page interface {
	table
	next() *string
}

// reading reads one page of the list that a query names.
type reading[Q any, P page] func(ctx context.Context, who principal, q Q, p PageQuery) (P, error)

// listed answers one page.
type listed[P page] struct {
	Link string `header:"Link" doc:"rel=next: the next page, in any form"`
	Body P
}

func onePage[Q any, P page](ctx context.Context, read reading[Q, P], who principal, q Q, p PageQuery) (*listed[P], error) {
	out, err := read(ctx, who, q, p)
	if err != nil {
		return nil, err
	}
	return &listed[P]{Link: nextLink(ctx, out.next()), Body: out}, nil
}

// nextLink is the same request with the next page's cursor, as RFC 8288 has it; "" on the last page.
func nextLink(ctx context.Context, next *string) string {
	if next == nil {
		return ""
	}
	u, err := url.Parse(of(ctx).c.OriginalURL())
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("cursor", *next)
	return "<" + u.Path + "?" + q.Encode() + `>; rel="next"`
}
