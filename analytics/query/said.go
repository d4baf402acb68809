package query

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// place is where a fact was recorded: no other has the same.
type place struct {
	source, epoch string
	position      uint64
}

func placeOf(f fact.Fact) place { return place{f.Source, f.Epoch, f.Position} }

// said reads what facts said, each from its row of its family's table, where the times of these facts are; with subjects only rows of
// those are looked at, and all facts have to be of one of them. It has none for a fact whose row is not there: a plan of the loader
// that is on its way has been to events first.
func (r *Reader) said(ctx context.Context, facts []fact.Fact, subjects ...string) (map[place]fact.Data, error) {
	out := make(map[place]fact.Data, len(facts))
	s := saidStatement(r.tables, facts, subjects)
	if s.text == "" { // no fact, or of a newer version only
		return out, nil
	}
	types := make(map[place]fact.Type, len(facts))
	for _, f := range facts {
		types[placeOf(f)] = f.Type
	}
	err := r.run(ctx, s, func(rows driver.Rows) error {
		var table string
		var at place
		var found row.Said
		if err := rows.Scan(&table, &at.source, &at.epoch, &at.position, &found.Texts, &found.Numbers, &found.Lists); err != nil {
			return err
		}
		typ, ok := types[at]
		if !ok { // another one of that time
			return nil
		}
		data, err := r.tables.ByType[typ].Data(typ, found)
		if err != nil {
			return fmt.Errorf("%s, position %d of %s: %w", typ, at.position, at.source, err)
		}
		out[at] = data
		return nil
	})
	return out, err
}

func saidStatement(tables *row.Tables, facts []fact.Fact, subjects []string) statement {
	s := newStatement("said")
	spans := map[*row.Table]span{}
	for _, f := range facts {
		t := tables.ByType[f.Type]
		if t == nil { // of a newer version
			continue
		}
		where, ok := spans[t]
		if !ok {
			where = span{f.Time, f.Time}
		}
		spans[t] = span{earlier(where.from, f.Time), later(where.until, f.Time)}
	}
	if len(subjects) > 0 {
		s.bind("subjects", subjects)
	}
	for _, t := range tables.All {
		where, ok := spans[t]
		if !ok {
			continue
		}
		s.bindTime("from_"+t.Name, where.from)
		s.bindTime("until_"+t.Name, where.until)
		s.text = lines(s.text, when(s.text != "", "UNION ALL"),
			"SELECT '"+t.Name+"' AS name, toString(source), toString(epoch), position, "+t.Select()+" FROM "+t.Name,
			"WHERE time >= "+instant("from_"+t.Name)+" AND time <= "+instant("until_"+t.Name)+when(len(subjects) > 0, " AND `"+t.Subject+"` IN {subjects:Array(String)}"))
	}
	return s
}
