package main

import (
	"context"

	"firstline/analytics/chdb"
)

func runClickHouse(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	dir, err := s.folder("clickhouse")
	if err != nil {
		return err
	}
	server, err := chdb.New(s.Engine, dir, env.getenv, env.log, newRegistry())
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
