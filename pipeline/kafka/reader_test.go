package kafka_test

import (
	"firstline/pipeline/kafka"
	"firstline/pipeline/kafka/kafkatest"
	"firstline/pipeline/log"
)

// The publisher reads the product's log.
var (
	_ kafka.Reader = (*log.Log)(nil)
	_ kafka.Reader = (*kafkatest.Log)(nil)
)
