package store

import "firstline/pipeline/fact"

// TableOf names the table of a type and the column of its subject.
func TableOf(t fact.Type) (table, subject string) {
	for _, f := range families() {
		for _, typ := range f.types {
			if typ == t {
				return f.table, f.subject
			}
		}
	}
	return "", ""
}

// Tables names the tables of facts but events.
func Tables() []string {
	var out []string
	for _, f := range families() {
		out = append(out, f.table)
	}
	return out
}
