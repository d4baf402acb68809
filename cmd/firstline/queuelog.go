package main

import (
	"context"
	"fmt"
	"path/filepath"

	"firstline/pipeline/problem"
	"firstline/pipeline/queuelog"
)

// runQueueLog follows the controller's facts and writes them as app_queue's queue_log.
func runQueueLog(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	if s.QueueLog.File == "" {
		return fmt.Errorf("queue_log.file is empty in %s: name the file to write", env.config)
	}
	dir, err := s.folder("queuelog")
	if err != nil {
		return err
	}
	reg := newRegistry()
	recorder, err := queuelog.New(s.QueueLog, queuelog.Options{
		Folder: dir, Controller: s.Live.Client(env.getenv), Log: env.log, Registry: reg,
	})
	if err != nil {
		return err
	}
	g := newGroup(ctx)
	g.run("health", serveHealth("queue_log.listen", s.QueueReady.Listen, reg, func(context.Context) error { return recorder.Ready() }))
	g.run("queue_log", recorder.Run)
	return g.wait()
}

// ownQueueLog: the file must be Firstline's own. Asterisk writes its own queue_log for the fallback's calls, and the
// controller reads that one: it would count its own lines.
func (s *settings) ownQueueLog() []problem.Problem {
	if s.QueueLog.File == "" || filepath.Clean(s.QueueLog.File) != filepath.Clean(s.Asterisk.QueueLog) {
		return nil
	}
	return []problem.Problem{{Path: "file", Message: "is asterisk.queue_log, which Asterisk writes itself",
		Mend: "name a file of Firstline's own: /var/log/firstline/queue_log"}}
}
