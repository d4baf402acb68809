package query

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// statement is a SELECT with ClickHouse's own named parameters, {name:Type}. Values never become part of the text.
type statement struct {
	name string // for errors
	text string
	args map[string]any
}

func newStatement(name string) statement { return statement{name: name, args: map[string]any{}} }

// bind sets a parameter.
func (s *statement) bind(name string, value any) { s.args[name] = value }

// bindTime sets a parameter to an instant: Unix milliseconds, UTC.
func (s *statement) bindTime(name string, at time.Time) { s.args[name] = at.UnixMilli() }

func (s *statement) arguments() []any {
	names := make([]string, 0, len(s.args))
	for n := range s.args {
		names = append(names, n)
	}
	slices.Sort(names)
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = clickhouse.Named(n, s.args[n])
	}
	return out
}

// limited is the text with the limits at its end. Expressions are not compiled to machine code: the reports' edges are part
// of the expressions, so that every new window would be compiled anew, which took seconds where the report takes less.
func (s *statement) limited(c Config) string {
	return fmt.Sprintf("%s\nSETTINGS max_execution_time = %d, max_result_rows = %d, max_result_bytes = %d, result_overflow_mode = 'throw', max_memory_usage = %d,"+
		" compile_expressions = 0, compile_aggregate_expressions = 0",
		s.text, int(c.Timeout.Seconds()), c.MaxRows, c.MaxBytes, c.Memory)
}

// lines joins clauses, leaving out the empty ones.
func lines(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n")
}

// when is text if yes, else nothing.
func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// instant is a parameter of bindTime as a DateTime64, for comparing with a column so that its index is used.
func instant(name string) string { return "fromUnixTimestamp64Milli({" + name + ":Int64}, 'UTC')" }

// ms is a DateTime64(3) column as Unix milliseconds.
func ms(column string) string { return "toUnixTimestamp64Milli(" + column + ")" }

// column is one expression of a SELECT and where its value goes. Keeping the two together is what keeps them matched.
type column[T any] struct {
	name string
	expr string
	dest func(*T) any
}

func selectList[T any](columns []column[T]) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = "    " + c.expr + " AS " + c.name
	}
	return strings.Join(list, ",\n")
}

func destinations[T any](columns []column[T], row *T) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		out[i] = c.dest(row)
	}
	return out
}

func countIf(condition string) string { return "toInt64(countIf(" + condition + "))" }
