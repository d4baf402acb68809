package main

import (
	"context"

	"firstline/pipeline/kafka"
)

func runBroker(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	dir, err := s.folder("broker")
	if err != nil {
		return err
	}
	return kafka.NewBroker(s.Kafka, dir, env.log).Run(ctx)
}
