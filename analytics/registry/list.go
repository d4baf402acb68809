package registry

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// list is a list of names as a column: JSON, never null.
type list []string

var (
	_ driver.Valuer = list(nil)
	_ sql.Scanner   = (*list)(nil)
)

// Value and Scan are how database/sql writes and reads it.
func (l list) Value() (driver.Value, error) {
	b, err := json.Marshal(append([]string{}, l...))
	return string(b), err
}

func (l *list) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("a list is stored as %T", column)
	}
	return json.Unmarshal([]byte(text), (*[]string)(l))
}
