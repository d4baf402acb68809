package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Back-off of a role that ends by itself, and how long a drain may take.
const (
	restartFirst = 200 * time.Millisecond
	restartMost  = 10 * time.Second
	steady       = 30 * time.Second // a role that ran so long starts over with the first back-off
	drainTime    = 15 * time.Second
)

// all is the parent of every role: it starts each as a child process, restarts what ends, and drains on SIGTERM in the
// order that loses nothing: callers of others before those they call.
func all(ctx context.Context, env *environment) error {
	s, err := loadSettings(env)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find my own program: %w", err)
	}
	order := rolesOf(s, slices.Contains(env.args, "--demo"), slices.Contains(env.args, "--apache-kafka"))
	var wg sync.WaitGroup
	stops := make([]context.CancelFunc, len(order))
	ended := make([]chan struct{}, len(order))
	for i, role := range order {
		roleCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		stops[i], ended[i] = cancel, make(chan struct{})
		wg.Go(func() {
			defer close(ended[i])
			keep(roleCtx, env, exe, role)
		})
	}
	hup := make(chan os.Signal, 1) // a SIGHUP between two lives of the controller must not end its parent
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	env.log.Info("started", "roles", order)
	<-ctx.Done()
	for i := len(order) - 1; i >= 0; i-- {
		stops[i]()
		<-ended[i]
	}
	wg.Wait()
	env.log.Info("stopped")
	return nil
}

// rolesOf lists the roles this host runs, engines first; they drain in reverse.
func rolesOf(s *settings, demo, apacheKafka bool) []string {
	var roles []string
	switch {
	case apacheKafka:
		roles = append(roles, "kafka")
	case s.Kafka.Embedded:
		roles = append(roles, "broker")
	}
	if s.Engine.Embedded {
		roles = append(roles, "clickhouse")
	}
	if s.Node.Embedded {
		roles = append(roles, "asterisk")
	}
	roles = append(roles, "controller", "load", "api")
	if s.QueueLog.File != "" {
		roles = append(roles, "queuelog")
	}
	if demo {
		roles = append(roles, "demo")
	}
	return roles
}

// niceness is how nice a role is (see nice(2)) on a host where it shares the processors with calls: numbers may come later,
// a ringing phone may not wait for them. The controller's steps are short and many; each that waits is a caller who does.
func niceness(role string) int {
	switch role {
	case "broker", "kafka", "clickhouse", "load", "queuelog":
		return 10
	case "controller":
		return -10
	default:
		return 0
	}
}

// keep runs one role until ctx ends, starting it again with back-off whenever it ends by itself.
func keep(ctx context.Context, env *environment, exe, role string) {
	// The kernel ties a child's parent-death signal to the thread that started it, and a child is as nice as that thread.
	// The thread is never unlocked, so that it ends with this goroutine.
	runtime.LockOSThread()
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness(role)); err != nil {
		env.log.Info("a role has no priority of its own", "child", role, "niceness", niceness(role), "error", err)
	}
	delay := restartFirst
	for ctx.Err() == nil {
		started := time.Now()
		err := child(ctx, env, exe, role)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > steady {
			delay = restartFirst
		}
		env.log.Error("role ended, starting it again", "child", role, "error", err, "in", delay.String())
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		delay = min(2*delay, restartMost)
	}
}

func child(ctx context.Context, env *environment, exe, role string) error {
	cmd := exec.CommandContext(ctx, exe, role, "--config", env.config)
	cmd.Stdout, cmd.Stderr = env.stdout, env.stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = drainTime
	// Own process group: Ctrl-C reaches the parent only, which drains in order. If the parent is killed, so is the child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return err
		case <-hup:
			if role == "controller" || role == "api" { // they take a changed configuration over while they run
				_ = cmd.Process.Signal(syscall.SIGHUP) // fails only when it has just ended; it reads the file anew then
			}
		}
	}
}
