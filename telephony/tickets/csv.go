package tickets

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"firstline/pipeline/fact"
	"firstline/pipeline/number"
	"firstline/telephony/callcenter"
)

// csvFile is the customer list of a site without a ticket system: read once, kept in memory.
type csvFile struct {
	byNumber map[string]callcenter.LookupDone
	byDigits map[string]callcenter.LookupDone // customer id or ticket id
	numbers  number.Form
}

var _ Finder = (*csvFile)(nil)

// csvColumns must stand in the first line. The column owner may; others are ignored.
func csvColumns() []string {
	return []string{"number", "customer", "name", "ticket", "title", "status", "priority"}
}

func newCSV(system, path string, numbers number.Form) (*csvFile, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the operator's own configuration
	if err != nil {
		return nil, fmt.Errorf("customer list: %w", err)
	}
	defer file.Close() //nolint:errcheck // read only
	list, err := readCSV(system, file, numbers)
	if err != nil {
		return nil, fmt.Errorf("customer list %s: %w", path, err)
	}
	return list, nil
}

func readCSV(system string, from io.Reader, numbers number.Form) (*csvFile, error) {
	r := csv.NewReader(from)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("first line: %w", err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.TrimSpace(strings.ToLower(name))] = i
	}
	for _, name := range csvColumns() {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("first line: column %q is missing; it must name %s", name, strings.Join(csvColumns(), ","))
		}
	}
	list := &csvFile{byNumber: map[string]callcenter.LookupDone{}, byDigits: map[string]callcenter.LookupDone{}, numbers: numbers}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err // names its line
		}
		line, _ := r.FieldPos(0)
		field := func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if err := list.add(system, field); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

func (l *csvFile) add(system string, field func(string) string) error {
	done := callcenter.LookupDone{Result: fact.LookupFound, Customer: field("customer"), CustomerName: field("name"), Owner: field("owner")}
	if p := field("priority"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return fmt.Errorf("priority %q is not a whole number", p)
		}
		done.Priority = n
	}
	if id := field("ticket"); id != "" {
		done.Ticket = &fact.TicketRef{System: system, ID: id, Title: field("title"), Status: field("status")}
		l.byDigits[id] = done
	}
	if done.Customer == "" {
		return errors.New("customer is empty")
	}
	if _, taken := l.byDigits[done.Customer]; !taken {
		l.byDigits[done.Customer] = done
	}
	if key := l.key(field("number")); key != "" {
		l.byNumber[key] = done
	}
	return nil
}

// Find implements Finder.
func (l *csvFile) Find(_ context.Context, method fact.LookupMethod, value string) (callcenter.LookupDone, error) {
	from := l.byDigits
	if method == fact.LookupByNumber {
		from, value = l.byNumber, l.key(value)
	}
	if done, ok := from[value]; ok {
		return done, nil
	}
	return callcenter.LookupDone{Result: fact.LookupNotFound}, nil
}

// key is what a number is found by: however a list writes it, it is the one that the network gives.
func (l *csvFile) key(text string) string { return digitsOf(l.numbers.Of(text)) }

// digitsOf keeps the digits, so that "+49 30 12-34" and "+49301234" are the same caller.
func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
}
