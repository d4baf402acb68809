// Package kafka is everything Firstline does with Kafka but load it: the topics, the embedded broker, the publisher, and
// the few requests the loader needs.
//
// It owns the topics' names and retention, the position up to which a log is published, and the identity of the cluster
// that position belongs to. cmd/firstline runs a Broker in the role `broker` and a Publisher beside every log;
// pipeline/load opens a Session for each generation of its consumer group. It never decides what a fact means, never
// drops one without a counter, and uses neither kafka-go's Writer nor its Reader (docs/adr says why).
package kafka
