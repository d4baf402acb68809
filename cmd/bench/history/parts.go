package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"firstline/analytics/store"
	passwords "firstline/pipeline/password"
)

// Ports of the measurement, away from those of `make run`.
const (
	enginePort = 8523
	apiPort    = 8580
)

const password = "a supervisor's password"

// patience says what longer allows.
const patience = "query.memory of 12 GiB, and query.timeout and http.query_timeout of 4m"

// startTime is how long a part may take to start: an engine looks through all of its data.
const startTime = 5 * time.Minute

// parts are the engine and the API on a folder of data.
type parts struct {
	set    settings
	config string // by default limits
	longer string // with others
	hash   string
	// patient says that answers may take what longer allows.
	patient bool
	engine  *exec.Cmd
	api     *exec.Cmd
	store   *store.Store
	conn    clickhouse.Conn
	client  *http.Client // with the supervisor's session
}

const productConfig = `node: history
data: {{.Dir}}
kafka: {brokers: ["127.0.0.1:1"], embedded: true}
controller: {listen: "127.0.0.1:8571"}
asterisk: {url: "http://127.0.0.1:8588/ari", username: firstline, password_env: ARI, listen: "127.0.0.1:8570"}
clickhouse: {url: "http://127.0.0.1:{{.Engine}}", embedded: true, max_query_memory_mb: 8192}
{{if .Patient}}query: {memory: 12884901888, timeout: 4m}
{{end}}http:
{{if .Patient}}  query_timeout: 4m
{{end}}  listen: 127.0.0.1:{{.API}}
  public_url: http://127.0.0.1:{{.API}}
  users: [{name: boss, role: supervisor, password_hash_env: BOSS}]
queues:
{{range .Queues}}  - {id: {{.}}, name: {{.}}}
{{end}}agents: []
entries: [{number: "*", flow: main}]
ivr:
  - {id: main, start: line, nodes: {line: {type: queue, queue: {{index .Queues 0}}}}}
`

// startEngine starts the engine and makes the product's tables.
func startEngine(ctx context.Context, set settings, plan plan) (*parts, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	p := &parts{set: set, config: filepath.Join(set.dir, "firstline.yaml"), longer: filepath.Join(set.dir, "patient.yaml"), client: &http.Client{Jar: jar, Timeout: startTime}}
	if err := p.writeConfig(plan); err != nil {
		return nil, err
	}
	if p.hash, err = passwords.Make(password); err != nil {
		return nil, err
	}
	if err := p.restart(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *parts) writeConfig(plan plan) error {
	view := struct {
		Dir         string
		Engine, API int
		Queues      []string
		Patient     bool
	}{Dir: p.set.dir, Engine: enginePort, API: apiPort}
	for site := range plan.sites {
		view.Queues = append(view.Queues, queueID("support", site), queueID("sales", site))
	}
	if err := os.MkdirAll(p.set.dir, 0o750); err != nil {
		return err
	}
	for _, path := range []string{p.config, p.longer} {
		view.Patient = path == p.longer
		var text bytes.Buffer
		if err := template.Must(template.New("config").Parse(productConfig)).Execute(&text, view); err != nil {
			return fmt.Errorf("fill in the configuration: %w", err)
		}
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// restart stops the engine when it runs and starts it: nothing is in its memory then.
func (p *parts) restart(ctx context.Context) error {
	if err := p.stop(); err != nil {
		return err
	}
	var err error
	if p.engine, err = p.role(ctx, "clickhouse"); err != nil {
		return err
	}
	if p.store, err = p.open(ctx, allWeeks); err != nil {
		return err
	}
	p.conn = p.store.Conn()
	return nil
}

// role starts one of the product's.
func (p *parts) role(ctx context.Context, name string) (*exec.Cmd, error) {
	said, err := os.OpenFile(filepath.Join(p.set.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = said.Close() }() // the child has its own
	config := p.config
	if p.patient {
		config = p.longer
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), p.set.program, name, "--config", config)
	cmd.Env = append(os.Environ(), "BOSS="+p.hash, "ARI=history")
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to pass on
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s %s: %w", p.set.program, name, err)
	}
	return cmd, nil
}

// open waits until the engine answers and makes the tables of a database.
func (p *parts) open(ctx context.Context, database string) (*store.Store, error) {
	cfg := store.DefaultConfig()
	cfg.URL, cfg.Database = fmt.Sprintf("http://127.0.0.1:%d", enginePort), database
	cfg.InsertTimeout = time.Hour
	s, err := store.Open(cfg, os.Getenv, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	until, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := retried(until, func() error { return s.Migrate(until) }); err != nil {
		return nil, errors.Join(fmt.Errorf("make the tables of %s: %w", database, err), s.Close())
	}
	return s, nil
}

// retried calls try until it succeeds; its last error when time is up.
func retried(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stop ends what runs, the API first.
func (p *parts) stop() error {
	var all []error
	if p.store != nil {
		all = append(all, p.store.Close())
		p.store = nil
	}
	for _, cmd := range []**exec.Cmd{&p.api, &p.engine} {
		if *cmd == nil {
			continue
		}
		_ = (*cmd).Process.Signal(syscall.SIGTERM) // fails only when it has ended
		if err := (*cmd).Wait(); err != nil {
			all = append(all, fmt.Errorf("%s: %w", (*cmd).Args[1], err))
		}
		*cmd = nil
	}
	return errors.Join(all...)
}
