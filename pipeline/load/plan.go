package load

import (
	"context"
	"fmt"
	"time"

	"firstline/pipeline/fact"
)

// TableLoads is the table that gets one row for every finished plan.
const TableLoads = "loads"

// Plan is a promise made before an insert: this partition's offsets First..Last, cut exactly so, are what is inserted
// next. It is committed as metadata of the consumer group's offset, so that whoever holds the partition after a crash
// inserts the same facts with the same tokens.
type Plan struct {
	Cluster   string `json:"cluster"` // id of the Kafka cluster
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Number    uint64 `json:"number"` // counts the plans of a partition from 1, over all clusters, without a hole
	First     int64  `json:"first"`  // first offset, inclusive
	Last      int64  `json:"last"`   // last offset, inclusive; First-1 for an accepted log, which inserts nothing
	Before    []Mark `json:"before"` // repeat numbers before First, least recently moved first

	// Check says that this may be a repeat after an error or a crash, so that tokens alone do not tell what the tables
	// have: a token may be forgotten while its rows are there, and an engine that was killed may know a token without
	// having its rows. The sink then makes sure that each table has each row once, by (Source, Epoch, Position), and
	// `loads` its row. Never stored.
	Check bool `json:"-"`
}

// Token is the insert_deduplication_token of the plan's insert into a table. Number keeps it unique even when a topic
// was deleted and made again in the same cluster, so that offsets count from zero once more.
func (p Plan) Token(table string) string {
	return fmt.Sprintf("%s/%s/%d/%d/%d-%d/%s", p.Cluster, p.Topic, p.Partition, p.Number, p.First, p.Last, table)
}

// Mark is the highest position of one log seen in a partition. Positions of a log rise within a partition, so a fact at
// or below its mark is a repeat.
type Mark struct {
	Source   string `json:"source"`
	Epoch    string `json:"epoch"`
	Position uint64 `json:"position"`
}

// Load is what became of a plan: the row of table loads. Its counts are of messages.
type Load struct {
	Plan
	After       []Mark    `json:"after"`        // repeat numbers after Last; the next plan's Before
	Accepted    bool      `json:"accepted"`     // an operator accepted another log here; nothing was inserted
	Facts       int64     `json:"facts"`        // handed to the sink
	Repeats     int64     `json:"repeats"`      // dropped as seen before
	Missing     int64     `json:"missing"`      // positions that the publisher sent and this partition never showed, at most
	DeadLetters int64     `json:"dead_letters"` // undecodable, written to the dead-letter topic
	Watermark   time.Time `json:"watermark"`    // latest Fact.Time among Facts, UTC; zero when there is none
}

// Sink is where facts are inserted. analytics/store is the one in production. Its methods are called from several
// goroutines, one a partition, and may be repeated after any error.
type Sink interface {
	// Insert puts facts into their tables, `events` (which gets every fact) first, each table in one insert with
	// insert_deduplication_token = l.Token(table) and async_insert = 0, and last of all one row for l into `loads`, with
	// l.Token(TableLoads). It returns nil only when everything was acknowledged. On an error some tables may have their
	// rows; the loader calls again with the same l and facts, and Check set, until it succeeds. An empty facts still
	// writes the row into `loads`.
	Insert(ctx context.Context, l Load, facts []fact.Fact) error

	// LastLoad returns the row of `loads` with the highest Number of a partition, whatever its cluster. found is false
	// when there is none. It must see every row whose Insert has returned, also on a cluster with replicas.
	LastLoad(ctx context.Context, topic string, partition int) (last Load, found bool, err error)

	// Reached returns, for each (source, epoch), the highest position in `events`. Facts up to there may be in the
	// tables without a finished plan. Order does not matter; it is asked once when a partition is taken over.
	Reached(ctx context.Context) ([]Mark, error)
}
