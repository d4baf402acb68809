// Package load brings facts from Kafka into ClickHouse and counts each of them once.
//
// It owns the consumer group, the plan of every insert and the choice of what is a repeat. cmd/firstline runs it with
// analytics/store as the Sink. It keeps no state of calls, never updates a row, never commits an offset for something
// that is not inserted, and knows no SQL. docs/adr says how each crash ends: see "counting once".
package load
