package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Erasure is one request to erase a caller: all contacts of a number, or of a customer, that arrived before it was made.
type Erasure struct {
	ID        string
	Requested time.Time
	By        string
	Reason    string
	Customer  string // empty: by number
	Ends      string // last digits of the number, to be recognised by
	Until     time.Time

	// What recognises the number while facts with it may still come: sums of it, never itself. Both are emptied by EndErasure.
	Salt string
	Sums []string
}

// shortestNumber is how many digits make a number that one caller has; fewer are an extension of many houses.
const shortestNumber = 3

// NewErasure is one that is not stored yet. forms are the number as networks may have given it; of a customer there is none.
func NewErasure(forms []string, customer, by, reason string, now, until time.Time) (Erasure, error) {
	e := Erasure{ID: strings.ToLower(rand.Text()[:16]), Requested: now.UTC().Truncate(time.Millisecond), By: by, Reason: reason, Customer: customer,
		Until: until.UTC().Truncate(time.Millisecond)}
	if customer != "" {
		return e, nil
	}
	e.Salt = rand.Text()
	for _, form := range forms {
		key := numberKey(form)
		if len(key) < shortestNumber {
			return Erasure{}, fmt.Errorf("a number of fewer than %d digits is nobody's own", shortestNumber)
		}
		if sum := e.sum(key); !slices.Contains(e.Sums, sum) {
			e.Sums = append(e.Sums, sum)
		}
	}
	if len(forms) == 0 {
		return Erasure{}, fmt.Errorf("neither a number nor a customer is named")
	}
	key := numberKey(forms[0])
	e.Ends = key[len(key)-min(3, len(key)/2):]
	return e, nil
}

// numberKey is what numbers are compared by: their digits; of a name in a number's place (SIP), its small letters. keySQL is the same.
func numberKey(number string) string {
	named := strings.ContainsFunc(number, func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' })
	return strings.Map(func(r rune) rune {
		switch {
		case named && 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case named, '0' <= r && r <= '9':
			return r
		default:
			return -1
		}
	}, number)
}

func keySQL(column string) string {
	return "if(match(" + column + ", '[A-Za-z]'), lower(" + column + "), replaceRegexpAll(" + column + ", '[^0-9]', ''))"
}

func (e Erasure) sum(key string) string {
	sum := sha256.Sum256([]byte(e.Salt + key))
	return hex.EncodeToString(sum[:])
}

// isOf says whether a number is the one that is erased.
func (e Erasure) isOf(number string) bool {
	return number != "" && len(e.Sums) > 0 && slices.Contains(e.Sums, e.sum(numberKey(number)))
}

// Is says whether it is the erasure of this number, as it was written then, or of this customer.
func (e Erasure) Is(number, customer string) bool {
	return customer != "" && e.Customer == customer || customer == "" && e.isOf(number)
}

// AddErasure stores it: from then on no fact that is loaded brings its caller's number.
func (s *Store) AddErasure(ctx context.Context, e Erasure) error {
	err := s.add(ctx, "INSERT INTO erasures (erasure, requested_at, by, reason, customer, ends, salt, sums, until) SELECT {erasure:String}, "+
		milli("requested")+", {by:String}, {reason:String}, {customer:String}, {ends:String}, {salt:String}, {sums:Array(String)}, "+milli("until"),
		clickhouse.Named("erasure", e.ID), clickhouse.Named("requested", e.Requested.UnixMilli()), clickhouse.Named("by", e.By), clickhouse.Named("reason", e.Reason),
		clickhouse.Named("customer", e.Customer), clickhouse.Named("ends", e.Ends), clickhouse.Named("salt", e.Salt), clickhouse.Named("sums", append([]string{}, e.Sums...)),
		clickhouse.Named("until", e.Until.UnixMilli()))
	if err != nil {
		return fmt.Errorf("store an erasure: %w", err)
	}
	return nil
}

// Erasures lists those that are not over, the oldest first; with an id that one, whatever became of it.
func (s *Store) Erasures(ctx context.Context, id string) ([]Erasure, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, "erasures"); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, "SELECT erasure, requested_at, by, reason, customer, ends, salt, sums, until FROM erasures"+
		" WHERE erasure = {id:String} OR {id:String} = '' AND erasure NOT IN (SELECT erasure FROM erasure_results WHERE what = '"+ErasureOver+"')"+
		" ORDER BY requested_at, erasure LIMIT 1 BY erasure", clickhouse.Named("id", id))
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Erasure
	for rows.Next() {
		var e Erasure
		if err := rows.Scan(&e.ID, &e.Requested, &e.By, &e.Reason, &e.Customer, &e.Ends, &e.Salt, &e.Sums, &e.Until); err != nil {
			return nil, fmt.Errorf("read erasures: %w", err)
		}
		e.Requested, e.Until = e.Requested.UTC(), e.Until.UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}

// EndErasure is for when nothing more can come late: what recognised the number is emptied.
func (s *Store) EndErasure(ctx context.Context, e Erasure, now time.Time) error {
	if err := s.mutate(ctx, "ALTER TABLE erasures UPDATE salt = '', sums = [] WHERE erasure = {id:String}", clickhouse.Named("id", e.ID)); err != nil {
		return fmt.Errorf("end an erasure: %w", err)
	}
	return s.Note(ctx, e.ID, ErasureNote{What: ErasureOver, At: now})
}

// ContactsOf are the contacts that an erasure is about: those of its number or customer that arrived before it, and with them the
// callbacks that were asked for in them, and the contacts in which theirs were: a person may have himself called on another number.
// since leaves out what was loaded earlier, but for contacts that are known already.
func (s *Store) ContactsOf(ctx context.Context, e Erasure, known []string, since time.Time) ([]string, error) {
	args := []any{clickhouse.Named("requested", e.Requested.UnixMilli()), clickhouse.Named("since", since.UnixMilli()),
		clickhouse.Named("salt", e.Salt), clickhouse.Named("sums", append([]string{}, e.Sums...)), clickhouse.Named("customer", e.Customer)}
	const limits = " AND time < " + "fromUnixTimestamp64Milli({requested:Int64}, 'UTC') AND loaded_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')"
	var query string
	switch {
	case e.Customer != "":
		const is = " WHERE customer = {customer:String}" + limits
		query = "SELECT contact FROM identified" + is + " UNION DISTINCT SELECT contact FROM contacts" + is + " UNION DISTINCT SELECT contact FROM entries" + is
	case len(e.Sums) > 0:
		is := func(column string) string {
			return "has({sums:Array(String)}, lower(hex(SHA256(concat({salt:String}, " + keySQL(column) + ")))))"
		}
		query = "SELECT DISTINCT contact FROM arrivals WHERE (caller_number != '' AND " + is("caller_number") + " OR kind = 'outbound' AND " + is("toString(dialed)") + ")" + limits
	default:
		return known, nil
	}
	found, err := s.names(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("find the contacts of an erasure: %w", err)
	}
	all := union(known, found)
	for look := all; len(look) > 0; {
		n := min(len(look), contactsAtOnce)
		linked, err := s.names(ctx, "SELECT contact FROM callbacks_opened WHERE origin IN {ids:Array(String)} AND time < "+milli("requested")+
			" UNION DISTINCT SELECT origin FROM callbacks_opened WHERE contact IN {ids:Array(String)} AND time < "+milli("requested"),
			clickhouse.Named("ids", look[:n]), args[0])
		if err != nil {
			return nil, fmt.Errorf("find the callbacks of an erasure: %w", err)
		}
		more := without(linked, all)
		all, look = union(all, more), append(slices.Clone(look[n:]), more...)
	}
	return all, nil
}

// Remember notes the contacts of an erasure: facts of theirs that are loaded from now on come without what tells of the caller.
func (s *Store) Remember(ctx context.Context, erasure string, contacts []string, now time.Time) error {
	for ids := contacts; len(ids) > 0; {
		n := min(len(ids), contactsAtOnce)
		if err := s.add(ctx, "INSERT INTO erased_contacts (contact, erasure, at) SELECT arrayJoin({ids:Array(String)}), {erasure:String}, "+milli("at"),
			clickhouse.Named("ids", ids[:n]), clickhouse.Named("erasure", erasure), clickhouse.Named("at", now.UnixMilli())); err != nil {
			return fmt.Errorf("remember erased contacts: %w", err)
		}
		ids = ids[n:]
	}
	return nil
}

// Remembered are the contacts of an erasure so far.
func (s *Store) Remembered(ctx context.Context, erasure string) ([]string, error) {
	if err := s.sync(ctx, "erased_contacts"); err != nil {
		return nil, err
	}
	out, err := s.names(ctx, "SELECT DISTINCT contact FROM erased_contacts WHERE erasure = {id:String} ORDER BY contact", clickhouse.Named("id", erasure))
	if err != nil {
		return nil, fmt.Errorf("read erased contacts: %w", err)
	}
	return out, nil
}

// OpenOf counts which of the contacts go on: the controller knows their callers until they end.
func (s *Store) OpenOf(ctx context.Context, contacts []string) (open int64, err error) {
	for ids := contacts; len(ids) > 0; {
		n := min(len(ids), contactsAtOnce)
		ended, err := s.names(ctx, "SELECT DISTINCT contact FROM contacts WHERE contact IN {ids:Array(String)}", clickhouse.Named("ids", ids[:n]))
		if err != nil {
			return 0, fmt.Errorf("look which contacts have ended: %w", err)
		}
		open += int64(n - len(ended))
		ids = ids[n:]
	}
	return open, nil
}

// Words of ErasureNote.What beside tables and recordings.
const (
	ErasurePass       = "pass" // all was gone through once
	ErasureOver       = "over" // nothing more can come
	ErasureRecordings = "recordings"
	ErasureTrouble    = "trouble" // why a pass failed; without an error: none does any more
)

// ErasureNote is one thing that was done.
type ErasureNote struct {
	What   string // a table, or one of the words
	Erased int64
	Error  string    // of trouble
	At     time.Time // of the last one
	First  time.Time // read only: of the first one
}

// Note adds one.
func (s *Store) Note(ctx context.Context, erasure string, n ErasureNote) error {
	if err := s.add(ctx, "INSERT INTO erasure_results (erasure, what, erased, error, at) SELECT {id:String}, {what:String}, {erased:Int64}, {error:String}, "+milli("at"),
		clickhouse.Named("id", erasure), clickhouse.Named("what", n.What), clickhouse.Named("erased", n.Erased), clickhouse.Named("error", n.Error),
		clickhouse.Named("at", n.At.UnixMilli())); err != nil {
		return fmt.Errorf("note what was erased: %w", err)
	}
	return nil
}

// Notes are what was done so far, one for each thing, summed up; the error is the last one's.
func (s *Store) Notes(ctx context.Context, erasure string) ([]ErasureNote, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, "erasure_results"); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, "SELECT toString(what) AS thing, sum(erased), argMax(error, at), max(at), min(at) FROM erasure_results WHERE erasure = {id:String} GROUP BY thing ORDER BY min(at), thing",
		clickhouse.Named("id", erasure))
	if err != nil {
		return nil, fmt.Errorf("read what was erased: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ErasureNote
	for rows.Next() {
		var n ErasureNote
		if err := rows.Scan(&n.What, &n.Erased, &n.Error, &n.At, &n.First); err != nil {
			return nil, fmt.Errorf("read what was erased: %w", err)
		}
		n.At, n.First = n.At.UTC(), n.First.UTC()
		out = append(out, n)
	}
	return out, rows.Err()
}

// StoredOf are the recordings of contacts whose files were kept, each with the day until which it is.
func (s *Store) StoredOf(ctx context.Context, contacts []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	for ids := contacts; len(ids) > 0; {
		n := min(len(ids), contactsAtOnce)
		if err := s.storedOf(ctx, ids[:n], out); err != nil {
			return nil, fmt.Errorf("find the recordings of an erasure: %w", err)
		}
		ids = ids[n:]
	}
	return out, nil
}

func (s *Store) storedOf(ctx context.Context, contacts []string, into map[string]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.conn.Query(ctx, "SELECT recording, keep_until FROM recordings_stored WHERE contact IN {ids:Array(String)}", clickhouse.Named("ids", contacts))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var until time.Time
		if err := rows.Scan(&id, &until); err != nil {
			return err
		}
		into[id] = until.UTC()
	}
	return rows.Err()
}

// OldParts counts the parts that hold what was emptied and that the engine has not removed yet; each replica has its own.
func (s *Store) OldParts(ctx context.Context) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var tables []string
	for _, p := range personals() {
		tables = append(tables, p.table)
	}
	err = s.conn.QueryRow(ctx, "SELECT toInt64(count()) FROM system.parts WHERE database = currentDatabase() AND NOT active AND table IN {tables:Array(String)}",
		clickhouse.Named("tables", tables)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the old parts: %w", err)
	}
	return n, nil
}

// add inserts rows; the same row once more is another one.
func (s *Store) add(ctx context.Context, statement string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplicate": 0, "async_insert": 0}))
	return s.conn.Exec(ctx, statement, args...)
}

// names runs a query that gives one column of texts.
func (s *Store) names(ctx context.Context, query string, args ...any) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// union is all of both, in order, each once.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// without is what of a is not in b, which is in order.
func without(a, b []string) []string {
	var out []string
	for _, s := range a {
		if _, found := slices.BinarySearch(b, s); !found {
			out = append(out, s)
		}
	}
	return out
}
