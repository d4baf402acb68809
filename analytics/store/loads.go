package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"firstline/analytics/metric"
	"firstline/analytics/row"
	"firstline/pipeline/fact"
	"firstline/pipeline/load"
)

const loadColumns = "cluster, topic, partition, number, first, last, before, after, accepted, facts, repeats, missing, dead_letters, watermark"

// note is what the row of a plan says beside the load itself.
type note struct {
	late, moved int64 // facts loaded long after they happened; times that the engine can't hold
	at          time.Time
}

// noteColumns are those of a note.
const noteColumns = ", late, moved, loaded_at"

// loadTypes are the types of loadColumns and noteColumns, as they are sent.
func loadTypes() []clickhouse.ColumnNameAndType {
	kinds := []row.Kind{row.KindString, row.KindString, row.KindInt, row.KindUint, row.KindInt, row.KindInt, row.KindString, row.KindString, row.KindBool, row.KindInt, row.KindInt,
		row.KindInt, row.KindInt, row.KindTime, row.KindInt, row.KindInt, row.KindTime}
	out := make([]clickhouse.ColumnNameAndType, len(kinds))
	for i, name := range strings.Split(loadColumns+noteColumns, ", ") {
		out[i] = clickhouse.ColumnNameAndType{Name: name, Type: kinds[i].ClickHouse()}
	}
	return out
}

// noteLoad writes the row that says a plan is done.
func (s *Store) noteLoad(ctx context.Context, l load.Load, n note) error {
	token := l.Token(load.TableLoads)
	if !l.Check {
		return s.sendLoad(ctx, l, n, token)
	}
	noted := func() (bool, error) {
		last, found, err := s.LastLoad(ctx, l.Topic, l.Partition)
		return found && last.Number >= l.Number, err
	}
	if done, err := noted(); err != nil || done {
		return err
	}
	if err := s.sendLoad(ctx, l, n, token); err != nil {
		return err
	}
	if done, err := s.settle(ctx, noted); err != nil || done {
		return err
	}
	s.forgotten(load.TableLoads, 1)
	return s.sendLoad(ctx, l, n, token+tokenAgain)
}

func (s *Store) sendLoad(ctx context.Context, l load.Load, n note, token string) error {
	before, err := json.Marshal(l.Before)
	if err != nil {
		return fmt.Errorf("note the load of %s/%d: %w", l.Topic, l.Partition, err)
	}
	after, err := json.Marshal(l.After)
	if err != nil {
		return fmt.Errorf("note the load of %s/%d: %w", l.Topic, l.Partition, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.InsertTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithColumnNamesAndTypes(loadTypes()), clickhouse.WithSettings(s.insertSettings(token)))
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+load.TableLoads+" ("+loadColumns+noteColumns+")")
	if err == nil {
		defer func() { _ = batch.Close() }()
		err = batch.Append(l.Cluster, l.Topic, int64(l.Partition), l.Number, l.First, l.Last, string(before), string(after), l.Accepted,
			l.Facts, l.Repeats, l.Missing, l.DeadLetters, orEpoch(l.Watermark), n.late, n.moved, n.at)
	}
	if err == nil {
		err = batch.Send()
	}
	if err != nil {
		return fmt.Errorf("note the load of %s/%d: %w", l.Topic, l.Partition, err)
	}
	return nil
}

// orEpoch maps Go's zero time to ClickHouse's.
func orEpoch(t time.Time) time.Time {
	return (&rows{}).clamp(t)
}

// lateOf counts the facts that were loaded long after they happened.
func lateOf(facts []fact.Fact, loadedAt time.Time) int64 {
	var n int64
	for _, f := range facts {
		if loadedAt.Sub(f.Time) > metric.LateAfter {
			n++
		}
	}
	return n
}

// movedOf counts the times that were moved, in the tables beside events, which has each fact once more.
func movedOf(split []*rows) (n int64) {
	for _, r := range split {
		if r.table.Name != row.Events {
			n += int64(r.clamped)
		}
	}
	return n
}

// LastLoad implements load.Sink.
func (s *Store) LastLoad(ctx context.Context, topic string, partition int) (last load.Load, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, load.TableLoads); err != nil {
		return last, false, err
	}
	rows, err := s.conn.Query(ctx, "SELECT "+loadColumns+" FROM "+load.TableLoads+
		" WHERE topic = {topic:String} AND partition = {partition:Int64} ORDER BY number DESC LIMIT 1",
		clickhouse.Named("topic", topic), clickhouse.Named("partition", int64(partition)))
	if err != nil {
		return last, false, fmt.Errorf("read the last load of %s/%d: %w", topic, partition, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var part int64
		var before, after string
		if err := rows.Scan(&last.Cluster, &last.Topic, &part, &last.Number, &last.First, &last.Last, &before, &after, &last.Accepted,
			&last.Facts, &last.Repeats, &last.Missing, &last.DeadLetters, &last.Watermark); err != nil {
			return last, false, fmt.Errorf("read the last load of %s/%d: %w", topic, partition, err)
		}
		found, last.Partition = true, int(part)
		if err := json.Unmarshal([]byte(before), &last.Before); err != nil {
			return last, false, fmt.Errorf("read the last load of %s/%d: before: %w", topic, partition, err)
		}
		if err := json.Unmarshal([]byte(after), &last.After); err != nil {
			return last, false, fmt.Errorf("read the last load of %s/%d: after: %w", topic, partition, err)
		}
		last.Watermark = fromEpoch(last.Watermark)
	}
	return last, found, rows.Err()
}

// fromEpoch maps ClickHouse's zero time to Go's.
func fromEpoch(t time.Time) time.Time {
	if t.Unix() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

// Reached implements load.Sink.
func (s *Store) Reached(ctx context.Context) ([]load.Mark, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := s.sync(ctx, row.Events); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, "SELECT source, epoch, max(position) FROM "+row.Events+" GROUP BY source, epoch")
	if err != nil {
		return nil, fmt.Errorf("read how far the events reach: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []load.Mark
	for rows.Next() {
		var m load.Mark
		if err := rows.Scan(&m.Source, &m.Epoch, &m.Position); err != nil {
			return nil, fmt.Errorf("read how far the events reach: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

// Reach is how far one partition is loaded.
type Reach struct {
	Topic     string
	Partition int
	Watermark time.Time // latest fact loaded, by the time it happened; zero without any
	LoadedAt  time.Time // of the last plan
	Facts     int64     // loaded in all
	Late      int64     // of them, loaded more than metric.LateAfter after they happened
}

// Reach returns every partition that was ever loaded, ordered by topic and partition.
func (s *Store) Reach(ctx context.Context) ([]Reach, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := s.conn.Query(ctx, "SELECT topic, partition, max(watermark), max(loaded_at), sum(facts), sum(late) FROM "+
		load.TableLoads+" GROUP BY topic, partition ORDER BY topic, partition")
	if err != nil {
		return nil, fmt.Errorf("read how far the loads reach: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Reach
	for rows.Next() {
		var r Reach
		var partition int64
		if err := rows.Scan(&r.Topic, &partition, &r.Watermark, &r.LoadedAt, &r.Facts, &r.Late); err != nil {
			return nil, fmt.Errorf("read how far the loads reach: %w", err)
		}
		r.Partition, r.Watermark = int(partition), fromEpoch(r.Watermark)
		out = append(out, r)
	}
	return out, rows.Err()
}

// FactsOf is how many facts of a log the tables have: of one epoch, or of all when it is empty.
func (s *Store) FactsOf(ctx context.Context, source, epoch string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM "+row.Events+" WHERE source = {source:String} AND (epoch = {epoch:String} OR {epoch:String} = '')",
		clickhouse.Named("source", source), clickhouse.Named("epoch", epoch)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the facts of %s: %w", source, err)
	}
	return n, nil
}
