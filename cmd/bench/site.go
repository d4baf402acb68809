package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"text/template"
	"time"

	"firstline/analytics/live"
	"firstline/cmd/bench/phones"
	"firstline/pipeline/controllerclient"
	"firstline/pipeline/fact"
	"firstline/pipeline/parts"
	passwords "firstline/pipeline/password"
	"firstline/telephony/asterisk/node"

	"github.com/prometheus/client_golang/prometheus"
)

// Ports of the benchmark, away from those of `make run`.
const (
	sipPort   = 5460
	phonePort = 5560
	mediaPort = 5570
	ariPort   = 8488
	linkPort  = 8470
	nowPort   = 8471
	kafkaPort = 9492
	enginePrt = 8423
	httpPort  = 8480
	rtpFirst  = 40000
	rtpLast   = 47999
)

// The numbers that are dialled: each of three queues, by Firstline and by app_queue.
const (
	dialFree, dialBusy, dialDesk = "1000", "1001", "1002"
	nativeFree, nativeBusy       = "2000", "2001"
)

// The agents: the first of each serve the smaller queues, too.
const (
	freeAgents = 200
	busyAgents = 60
	deskAgents = 10
)

func agentID(i int) string   { return fmt.Sprintf("a%03d", i) }
func agentUser(i int) string { return fmt.Sprintf("7%03d", i) }

const pin, password = "4711", "a supervisor's password"

// site is one Asterisk with both queues, the whole product beside it, and the phones.
type site struct {
	ctx    context.Context
	cancel context.CancelFunc
	log    *slog.Logger
	dir    string
	ended  chan error // one for each part
	parts  int
	now    *live.Live
	phones *phones.Phones
	cpu    *cpu

	loggedIn int
}

// open starts everything and waits until calls can be served.
func open(parent context.Context, set settings, log *slog.Logger) (s *site, err error) {
	ctx, cancel := context.WithCancel(parent)
	s = &site{ctx: ctx, cancel: cancel, log: log, ended: make(chan error, 3)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "firstline-bench-"); err != nil {
		return s, fmt.Errorf("make the benchmark's folder: %w", err)
	}
	asterisk, err := s.startAsterisk()
	if err != nil {
		return s, err
	}
	product, err := s.startProduct(set)
	if err != nil {
		return s, err
	}
	if err := s.startPhones(); err != nil {
		return s, err
	}
	if err := s.await(set.program); err != nil {
		return s, err
	}
	s.cpu, err = newCPU(asterisk, product)
	return s, err
}

// start runs a part until the site is closed.
func (s *site) start(name string, run func(context.Context) error) {
	s.parts++
	go func() {
		err := run(s.ctx)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			s.cancel()
		}
		s.ended <- err
	}()
}

// close ends every part and waits for it.
func (s *site) close() error {
	s.cancel()
	var all []error
	for range s.parts {
		all = append(all, <-s.ended)
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("%w (the folder is kept: %s)", err, s.dir)
	}
	return os.RemoveAll(s.dir)
}

func (s *site) startAsterisk() (pid int, err error) {
	c := node.DefaultConfig()
	if c.Root, err = parts.AsteriskRoot(); err != nil {
		return 0, err
	}
	c.Name, c.SIPPort, c.HTTPPort, c.RTPStart, c.RTPEnd = "bench", sipPort, ariPort, rtpFirst, rtpLast
	c.Password, c.ControllerURL = "bench", fmt.Sprintf("ws://127.0.0.1:%d/ari", linkPort)
	c.Queues = []node.Queue{{ID: "free"}}
	for i := range freeAgents {
		c.Agents = append(c.Agents, node.Agent{ID: agentID(i), Endpoint: "PJSIP/" + agentUser(i), Secret: "bench",
			Contact: fmt.Sprintf("sip:%s@127.0.0.1:%d", agentUser(i), phonePort)})
	}
	c.Extra = map[string]string{"queues.conf": nativeQueues(), "extensions.conf": nativeDialplan}
	n, err := node.New(c, s.log)
	if err != nil {
		return 0, err
	}
	s.start("asterisk", n.Run)
	select {
	case <-n.Ready():
		return childNamed(os.Getpid(), "asterisk")
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
}

// nativeDialplan answers and queues, as Firstline's flow does. Option i: plain Answer waits up to half a second for the
// caller's first packet of voice, which would be counted against app_queue.
const nativeDialplan = `
[firstline](+)
exten => ` + nativeFree + `,1,Answer(,i)
 same => n,Queue(native-free,,,,300)
 same => n,Hangup()
exten => ` + nativeBusy + `,1,Answer(,i)
 same => n,Queue(native-busy,,,,300)
 same => n,Hangup()
`

// nativeQueues are app_queue at its fastest: calls are handed out in parallel (autofill), it tries again after the shortest
// time that it has (retry, one second), members get no wrap-up, and nothing is announced.
func nativeQueues() string {
	var b strings.Builder
	for name, agents := range map[string]int{"native-free": freeAgents, "native-busy": busyAgents} {
		fmt.Fprintf(&b, "\n[%s]\nstrategy = leastrecent\nautofill = yes\nretry = 1\ntimeout = 15\nwrapuptime = 0\nringinuse = no\n"+
			"joinempty = yes\nleavewhenempty = no\nmusicclass = default\n", name)
		for i := range agents {
			fmt.Fprintf(&b, "member => PJSIP/%s\n", agentUser(i))
		}
	}
	return b.String()
}

const productConfig = `node: bench
data: {{.Dir}}/data
asterisk: {url: "http://127.0.0.1:{{.ARI}}/ari", username: firstline, password_env: ARI, listen: "127.0.0.1:{{.Link}}"}
controller: {listen: "127.0.0.1:{{.Now}}"}
kafka: {brokers: ["127.0.0.1:{{.Kafka}}"], embedded: true}
clickhouse: {url: "http://127.0.0.1:{{.Engine}}", embedded: true}
http:
  listen: 127.0.0.1:{{.HTTP}}
  public_url: http://127.0.0.1:{{.HTTP}}
  users: [{name: boss, role: supervisor, password_hash_env: BOSS}]
queues:
  - {id: free, name: Free, wrap_up: 0s}
  - {id: busy, name: Busy, wrap_up: 0s}
  - {id: desk, name: Desk, wrap_up: 0s}
agents:
{{range .Agents}}  - {id: {{.ID}}, name: {{.ID}}, endpoint: PJSIP/{{.User}}, pin_hash_env: PIN, queues: [{{.Queues}}]}
{{end}}entries: [{number: "` + dialFree + `", flow: free}, {number: "` + dialBusy + `", flow: busy}, {number: "` + dialDesk + `", flow: desk}]
ivr:
  - {id: free, start: line, nodes: {line: {type: queue, queue: free}}}
  - {id: busy, start: line, nodes: {line: {type: queue, queue: busy}}}
  - {id: desk, start: line, nodes: {line: {type: queue, queue: desk}}}
`

type productAgent struct{ ID, User, Queues string }

func (s *site) writeConfig() (string, error) {
	view := struct {
		Dir                                 string
		ARI, Link, Now, Kafka, Engine, HTTP int
		Agents                              []productAgent
	}{s.dir, ariPort, linkPort, nowPort, kafkaPort, enginePrt, httpPort, nil}
	for i := range freeAgents {
		queues := "free"
		if i < busyAgents {
			queues += ", busy"
		}
		if i < deskAgents {
			queues += ", desk"
		}
		view.Agents = append(view.Agents, productAgent{agentID(i), agentUser(i), queues})
	}
	var text bytes.Buffer
	if err := template.Must(template.New("config").Parse(productConfig)).Execute(&text, view); err != nil {
		return "", fmt.Errorf("fill in the configuration: %w", err)
	}
	path := filepath.Join(s.dir, "firstline.yaml")
	return path, os.WriteFile(path, text.Bytes(), 0o600)
}

// startProduct runs every role; the product's parent process is returned.
func (s *site) startProduct(set settings) (pid int, err error) {
	path, err := s.writeConfig()
	if err != nil {
		return 0, err
	}
	boss, err := passwords.Make(password)
	if err != nil {
		return 0, err
	}
	hash, err := passwords.Make(pin)
	if err != nil {
		return 0, err
	}
	said, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return 0, fmt.Errorf("make the product's log: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(s.ctx), set.program, "all", "--config", path)
	cmd.Env = append(os.Environ(), "ARI=bench", "BOSS="+boss, "PIN="+hash)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to pass on
	if err := cmd.Start(); err != nil {
		return 0, errors.Join(fmt.Errorf("start %s: %w", set.program, err), said.Close())
	}
	s.start("firstline", func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // fails only when it has ended
		defer stop()
		return errors.Join(cmd.Wait(), said.Close())
	})
	cfg := live.DefaultConfig()
	cfg.Listen = net.JoinHostPort("127.0.0.1", fmt.Sprint(nowPort))
	s.now, err = live.New(cfg, set.getenv, s.log, prometheus.NewRegistry())
	return cmd.Process.Pid, err
}

func (s *site) startPhones() (err error) {
	s.phones, err = phones.New(phones.Config{Asterisk: net.JoinHostPort("127.0.0.1", fmt.Sprint(sipPort)), Port: phonePort, Media: mediaPort})
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	s.start("phones", func(ctx context.Context) error { return s.phones.Run(ctx, func() { close(ready) }) })
	select {
	case <-ready:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

// await waits until every role is ready.
func (s *site) await(program string) error {
	out, err := exec.CommandContext(s.ctx, program, "status", "--wait", "1m", "--config", filepath.Join(s.dir, "firstline.yaml")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("the product is not ready: %w: %s", err, out)
	}
	return nil
}

// logIn makes the first n agents ready and logs the others out.
func (s *site) logIn(n int) error {
	s.loggedIn = n
	for i := range freeAgents {
		action := "logout"
		if i < n {
			action = "login"
		}
		_, err := s.now.Control(s.ctx, controllerclient.Control{Request: fmt.Sprintf("bench/%d/%d", i, time.Now().UnixNano()), Actor: "bench",
			By: fact.ByAPI, Agent: agentID(i), Action: action})
		var refused *controllerclient.RefusedError
		if err != nil && !errors.As(err, &refused) { // refused: he is there, or gone, already
			return err
		}
	}
	return nil
}

// allReady waits until Firstline sees the agents that are logged in as ready.
func (s *site) allReady(ctx context.Context) error {
	for {
		ready, err := s.countReady(ctx)
		if err != nil {
			return err
		}
		if ready == s.loggedIn {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d agents are ready: %w", ready, s.loggedIn, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// countReady asks the controller's snapshot.
func (s *site) countReady(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/snapshot", nowPort), nil)
	if err != nil {
		return 0, err
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask for the agents' states: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var snapshot fact.Snapshot
	if err := json.NewDecoder(res.Body).Decode(&snapshot); err != nil {
		return 0, fmt.Errorf("ask for the agents' states: %w", err)
	}
	ready := 0
	for _, a := range snapshot.Agents {
		if a.State == fact.AgentReady {
			ready++
		}
	}
	return ready, nil
}

func (s *site) describe(out io.Writer) {
	version, err := node.InstalledVersion(s.ctx, rootOf())
	name := version.String()
	if err != nil {
		name = "of unknown version"
	}
	_, _ = fmt.Fprintf(out, "Asterisk %s, %d processors, %s %s/%s, %s. Phones, Asterisk and the whole product (controller, embedded broker,\n"+
		"ClickHouse engine, loader, API) share them.\n\n", name, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		time.Now().UTC().Format("2006-01-02"))
}

func rootOf() string {
	root, err := parts.AsteriskRoot()
	if err != nil {
		return "/"
	}
	return root
}
