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
