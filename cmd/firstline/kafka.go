package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"firstline/pipeline/kafka/apache"
	"firstline/pipeline/parts"
)

// runKafka runs Apache Kafka, one KRaft node, in the embedded broker's place.
func runKafka(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	classpath, err := parts.KafkaClasspath()
	if err != nil {
		return err
	}
	dir, err := s.folder("kafka")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(s.Kafka.Brokers[0])
	if err != nil {
		return fmt.Errorf("kafka.brokers: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("kafka.brokers: %w", err)
	}
	node, err := apache.New(apache.Config{Classpath: classpath, Dir: filepath.Clean(dir), Port: number, Control: number + 1, Kafka: s.Kafka}, env.log)
	if err != nil {
		return err
	}
	return node.Run(ctx)
}
