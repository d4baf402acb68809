package store

import (
	"firstline/analytics/row"
	"firstline/pipeline/fact"
)

// TableOf names the table of a type and the column of its subject.
func TableOf(t fact.Type) (table, subject string) {
	of := row.NewTables().ByType[t]
	return of.Name, of.Subject
}

// Tables names the tables of facts but events.
func Tables() []string {
	var out []string
	for _, t := range row.NewTables().All[1:] {
		out = append(out, t.Name)
	}
	return out
}
